"""The table of a run: lives, points, violations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from tests.crash_points.points import Point


@dataclass(frozen=True, kw_only=True)
class Row:
    """All points of one life in one variation."""

    life: str
    variation: str
    points: tuple[Point, ...]

    @property
    def violations(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point.violations)

    @property
    def seconds(self) -> float:
        return sum(point.seconds for point in self.points)

    @property
    def ends(self) -> str:
        """Return how often the lives ended how."""
        counted = Counter(", ".join(point.ends) or "nothing" for point in self.points)
        return "; ".join(f"{times} {end}" for end, times in counted.most_common())


def as_table(rows: Sequence[Row]) -> Table:
    table = Table("life", "at the k-th message", "points", "violations", "seconds", "orders end")
    for row in rows:
        table.add_row(*_words(row), row.ends)
    points = sum(len(row.points) for row in rows)
    violations = sum(len(row.violations) for row in rows)
    seconds = sum(row.seconds for row in rows)
    table.add_section()
    table.add_row("all", "", str(points), str(violations), f"{seconds:.0f}", "")
    return table


def as_documents(rows: Iterable[Row]) -> Iterator[dict[str, object]]:
    """Return the rows as JSON values, each violation with what replays it."""
    for row in rows:
        yield {
            "life": row.life,
            "variation": row.variation,
            "points": len(row.points),
            "violations": [str(point) for point in row.violations],
            "seconds": round(row.seconds, 1),
            "ends": row.ends,
        }


def _words(row: Row) -> tuple[str, ...]:
    numbers = (len(row.points), len(row.violations))
    return (row.life, row.variation, *map(str, numbers), f"{row.seconds:.0f}")
