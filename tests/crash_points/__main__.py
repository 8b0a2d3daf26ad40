"""Kill a worker at every message of its life, and see whether anything is lost or doubled.

    python -m tests.crash_points [--life NAME] [--variation NAME] [--every N] [--at K]
                                 [--jobs N] [--resume FILE] [--first] [--json]

Exit code 1 when anything was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from tests.crash_points.jobs import WAYS, Jobs
from tests.crash_points.journal import Journal
from tests.crash_points.lives import LIVES
from tests.crash_points.points import Point
from tests.crash_points.report import Row, as_documents, as_table


@click.command()
@click.option("--life", "lives", multiple=True, type=click.Choice(list(LIVES)), help="Only this.")
@click.option(
    "--variation", "variations", multiple=True, type=click.Choice(list(WAYS)), help="Only so."
)
@click.option("--every", default=1, type=click.IntRange(1), help="Only every N-th message.")
@click.option("--at", default=0, type=click.IntRange(0), help="Only this message.")
@click.option("--jobs", "count", default=4, type=click.IntRange(1), help="Points side by side.")
@click.option(
    "--resume",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the points in this file, and do not live those again that it holds.",
)
@click.option("--first", "is_first", is_flag=True, help="End at the first point that went wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def main(
    lives: tuple[str, ...],
    variations: tuple[str, ...],
    every: int,
    at: int,
    count: int,
    file: Path | None,
    is_first: bool,
    as_json: bool,
) -> None:
    """Kill a worker at every message of its life."""
    rows: list[Row] = []
    with closing(Jobs(1 if at else count, Journal(file))) as jobs:
        for life, way in product(lives or LIVES, variations or WAYS):
            struck = iter([jobs.point(life, way, at)]) if at else jobs.points(life, way, every)
            rows.append(_row(life, way, struck, is_first=is_first))
            if is_first and rows[-1].violations:
                break
    if as_json:
        click.echo(json.dumps(list(as_documents(rows)), indent=2))
    else:
        Console().print(as_table(rows))
    sys.exit(any(row.violations for row in rows))


def _row(life: str, variation: str, struck: Iterator[Point], *, is_first: bool) -> Row:
    """Live through the points, and tell how it goes."""
    found: list[Point] = []
    with _progress() as progress:
        shown = progress.add_task(f"{life}, {variation}", total=None)
        for point in struck:
            found.append(point)
            progress.advance(shown)
            if point.violations:
                progress.console.print(str(point), markup=False, highlight=False)
            if is_first and point.violations:
                break
    return Row(life=life, variation=variation, points=tuple(found))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} points"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))


if __name__ == "__main__":
    main()
