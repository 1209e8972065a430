"""A place in the tokens that moves forward, and counts how often it looks."""

from __future__ import annotations

from cards.fhir.lines import Amount
from cards.fhir.sig.tokens import Token
from cards.fhir.sig.words import Kind


class Cursor:
    """Productions read through this. `steps` is the work done, so that a test can hold it against the length."""

    def __init__(self, tokens: tuple[Token, ...], names: frozenset[str] = frozenset()) -> None:
        self.tokens = tokens
        self.names = names  # of the medicine: words that may stand anywhere
        self.at = 0
        self.steps = 0
        self.in_reason = False  # inside "for severe back pain": unknown words name a complaint
        self.dose_seen = False  # since the last break
        self.begun = False  # a dose has been read
        self.strength: Amount | None = None  # of one, where the text begins with the medicine's full name

    def peek(self, ahead: int = 0) -> Token:
        self.steps += 1
        return self.tokens[self.at + ahead]

    def kind(self, ahead: int = 0) -> Kind:
        self.steps += 1
        return self.tokens[self.at + ahead].kind

    def take(self, *kinds: Kind) -> Token | None:
        """The next token, if it is of one of these kinds."""
        self.steps += 1
        token = self.tokens[self.at]
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def skip(self, *kinds: Kind) -> None:
        while self.take(*kinds):
            pass

    def follows(self, *kinds: Kind) -> bool:
        """Whether the next tokens are of these kinds, in this order."""
        return self.kind() is kinds[0] and all(self.kind(ahead) is kind for ahead, kind in enumerate(kinds))

    @property
    def done(self) -> bool:
        return self.kind() is Kind.END
