"""What happened in a world, line by line, to be read after a failure."""

from __future__ import annotations

from collections.abc import Collection

from tests.simulation.times import in_words


class Story:
    """Keeps lines only where somebody will read them."""

    def __init__(self, *, is_kept: bool) -> None:
        self.is_kept = is_kept
        self._lines: list[tuple[int, str, str, bool]] = []

    def tell(self, now_ms: int, actor: str, what: str, *, of_all: bool = False) -> None:
        """Note what an actor did; `of_all`: it concerns every order."""
        if self.is_kept:
            self._lines.append((now_ms, actor, what, of_all))

    def lines(self, words: Collection[str] = ()) -> list[str]:
        """Return the lines with one of the words, and those of all; all lines without words."""
        return [
            f"{in_words(now_ms)} {actor:<12} {what}"
            for now_ms, actor, what, of_all in self._lines
            if not words or of_all or any(word in what for word in words)
        ]
