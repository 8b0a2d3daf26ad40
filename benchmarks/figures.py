"""What a measurement says: percentiles, ratios with their spread, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Table:
    """One answer: rows of words, and the command that gives them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    command: str = ""  # Filled in by the part

    def markdown(self) -> str:
        """Return it as a section of a document."""
        lines = [f"## {self.title}", "", f"`{self.command}`", "", _line(self.columns)]
        lines += [_line("---" for _ in self.columns), *(_line(row) for row in self.rows)]
        lines += ["", self.note] if self.note else []
        return "\n".join(lines) + "\n"


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least this share (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    rank = -(-len(ordered) * round(share * 10_000) // 10_000)  # Rounded up, without a float's error
    return ordered[max(rank, 1) - 1]


def milliseconds(value: float) -> str:
    """Return a duration in ms with as many digits as it deserves."""
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


def in_figures(values: Sequence[float], *shares: float) -> str:
    """Return percentiles of durations in ms: "3.1 / 4.0 ms"."""
    words = [milliseconds(percentile(values, share)) for share in shares]
    return " / ".join([*(word.removesuffix(" ms") for word in words[:-1]), words[-1]])


def ratio(ours: Sequence[Sequence[float]], others: Sequence[Sequence[float]], share: float) -> str:
    """Return how many times the other's percentile ours is: median and spread over the rounds.

    The n-th round of each ran side by side, so a slow moment of the machine is in both.
    """
    rounds = [
        percentile(one, share) / percentile(other, share)
        for one, other in zip(ours, others, strict=True)
    ]
    return f"{median(rounds):.2f} ({min(rounds):.2f} to {max(rounds):.2f})"


def flat(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Return the values of all rounds."""
    return [value for one in rounds for value in one]


def _line(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |"
