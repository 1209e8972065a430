"""The rulebook is made, never written: it must say what the rules and the stories say now."""

from pathlib import Path

from cards.rulebook import rulebook

ROOT = Path(__file__).parent.parent


def test_the_rulebook_is_current() -> None:
    assert (ROOT / "cards" / "RULEBOOK.md").read_text(encoding="utf-8") == rulebook(ROOT / "fhir_fixtures")
