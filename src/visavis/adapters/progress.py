"""What a pull tells whoever watches it."""

from typing import Protocol

__all__ = ["PullProgress", "SilentProgress"]


class PullProgress(Protocol):
    """Receives what happens, in order; every call returns at once."""

    def begin(self, what: str, total: int | None) -> None:
        """``what`` starts; ``total`` bytes are expected, where that is known."""

    def advance(self, done: int) -> None:
        """``done`` bytes of the present thing are here."""

    def say(self, line: str) -> None:
        """One line worth reading: a source that failed, a wait."""

    def note(self, line: str) -> None:
        """One line that says no more than that it goes on, for whoever did not ask for quiet."""


class SilentProgress:
    """Tells nobody."""

    def begin(self, what: str, total: int | None) -> None: ...

    def advance(self, done: int) -> None: ...

    def say(self, line: str) -> None: ...

    def note(self, line: str) -> None: ...
