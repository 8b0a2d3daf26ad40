"""Kill a worker at every message of its life, and see whether anything is lost or doubled.

    python -m tests.crash_points [--life NAME] [--variation NAME] [--every N] [--at K]
                                 [--first] [--json]

Exit code 1 when anything was.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import click
from rich.console import Console

from tests.crash_points.lives import LIVES
from tests.crash_points.points import Point, live, points
from tests.crash_points.report import Row, as_documents, as_table
from tests.crash_points.variations import VARIATIONS
from tests.crash_points.world import World, open_world


@click.command()
@click.option("--life", "lives", multiple=True, type=click.Choice(list(LIVES)), help="Only this.")
@click.option(
    "--variation", "variations", multiple=True, type=click.Choice(list(VARIATIONS)), help="Only so."
)
@click.option("--every", default=1, type=click.IntRange(1), help="Only every N-th message.")
@click.option("--at", default=0, type=click.IntRange(0), help="Only this message.")
@click.option("--first", "only_first", is_flag=True, help="End at the first that goes wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def main(
    lives: tuple[str, ...],
    variations: tuple[str, ...],
    every: int,
    at: int,
    only_first: bool,
    as_json: bool,
) -> None:
    """Kill a worker at every message of its life."""
    with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world:
        rows: list[Row] = []
        for life, variation in product(lives or LIVES, variations or VARIATIONS):
            found = _tell(_points(world, life, variation, every, at), only_first=only_first)
            rows.append(Row(life=life, variation=variation, points=tuple(found)))
            if only_first and rows[-1].violations:
                break
    if as_json:
        click.echo(json.dumps(list(as_documents(rows)), indent=2))
    else:
        Console().print(as_table(rows))
    sys.exit(any(row.violations for row in rows))


def _tell(points: Iterable[Point], *, only_first: bool) -> Iterator[Point]:
    """Yield the points, and tell of each that goes wrong as soon as it is known."""
    for point in points:
        yield point
        if point.violations:
            click.echo(str(point), err=True)
            if only_first:
                return


def _points(world: World, life: str, variation: str, every: int, at: int) -> Iterator[Point]:
    if at:
        yield live(world, LIVES[life], VARIATIONS[variation], at)
    else:
        yield from points(world, LIVES[life], VARIATIONS[variation], every)


if __name__ == "__main__":
    main()
