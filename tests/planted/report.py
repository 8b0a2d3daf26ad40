"""The table of a hunt: which bug, found by what, after how many lives or points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from tests.planted.hunting import Hunt, not_found

#: So much of a violation is shown.
MOST_LETTERS = 120


def as_table(hunts: Sequence[Hunt]) -> Table:
    table = Table("bug", "finder", "tried", "seconds", "found as")
    for one in hunts:
        table.add_row(*as_row(one))
    missed = not_found(hunts)
    table.caption = f"not as it must be: {', '.join(missed)}" if missed else "every bug was found"
    return table


def as_row(one: Hunt) -> tuple[str, ...]:
    """Return the cells of one hunt."""
    finder, catch = one.trail.finder, one.catch
    name = one.bug.name if one.bug else "(none planted)"
    tried = f"{catch.tried} {finder.counts}"
    where = " ".join((finder.name, *one.trail.options[1:2]))
    return (name, where, tried, f"{catch.seconds:.0f}", _found_as(one))


def _found_as(one: Hunt) -> str:
    if one.violation:
        return one.violation[:MOST_LETTERS]
    if one.catch.trouble:
        return f"NOTHING: {one.catch.trouble}"
    others = f", but {one.catch.violations[0][:MOST_LETTERS]}" if one.catch.violations else ""
    return f"nothing{others}" if one.bug is None else f"NOTHING{others}"


def as_documents(hunts: Iterable[Hunt]) -> Iterator[dict[str, object]]:
    """Return the hunts as JSON values."""
    for one in hunts:
        yield {
            "bug": one.bug.name if one.bug else None,
            "does": one.bug.does if one.bug else None,
            "finder": one.trail.finder.name,
            "options": list(one.trail.options),
            one.trail.finder.counts: one.catch.tried,
            "seconds": round(one.catch.seconds, 1),
            "is_as_wanted": one.is_as_wanted,
            "violation": one.violation,
            "trouble": one.catch.trouble,
        }
