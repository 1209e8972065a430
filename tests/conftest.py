"""For every test: generated examples are not timed, so that a busy machine fails nothing."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
