"""Which accounts must claim nothing: halted, answered, and not being resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import InvalidRequest

#: Why accounts are halted in worlds: the halt of an emergency stop is known by its reason.
HALT_REASON, STOP_REASON = "a person said so", "a person stopped it"


class Halts:
    """Accounts whose halt was answered. While somebody resumes one, nobody can say what it is;
    a refusal wrote nothing, so the halt stands.
    """

    def __init__(self) -> None:
        self._standing: set[str] = set()
        self._questioned: set[str] = set()  # They stand again if every resume is refused
        self._resuming: Counter[str] = Counter()

    def __contains__(self, slug: str) -> bool:
        return slug in self._standing

    def note(self, slug: str) -> None:
        """A halt was answered."""
        (self._questioned if self._resuming[slug] else self._standing).add(slug)

    def forget(self) -> None:
        """The store is empty: no halt stands."""
        self._standing.clear()
        self._questioned.clear()

    @contextmanager
    def resuming(self, slug: str) -> Iterator[None]:
        """Somebody resumes the account inside; InvalidRequest is a refusal."""
        self._resuming[slug] += 1
        if slug in self._standing:
            self._standing.remove(slug)
            self._questioned.add(slug)
        is_refused = False
        try:
            yield
        except InvalidRequest:
            is_refused = True
            raise
        finally:
            self._end(slug, is_refused=is_refused)

    def _end(self, slug: str, *, is_refused: bool) -> None:
        self._resuming[slug] -= 1
        if not is_refused:
            self._questioned.discard(slug)
        elif not self._resuming[slug] and slug in self._questioned:
            self._questioned.remove(slug)
            self._standing.add(slug)
