"""A file of the points that were lived, line by line, so that an interrupted run can go on."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel

from tests.crash_points.points import Point

#: Life, variation, number.
_Key: TypeAlias = tuple[str, str, int]


class _Line(BaseModel):
    number: int  # The message at which it should be struck
    point: Point


class Journal:
    """Remembers points beyond the end of a run; without a file it remembers nothing.

    It is of use on one state of the product only: nobody compares.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[_Key, Point] = {}
        if path is not None and path.exists():
            self._known = dict(map(_read, path.read_text().splitlines()))

    def find(self, life: str, way: str, number: int) -> Point | None:
        """Return the point that was struck at this message, when one was."""
        return self._known.get((life, way, number))

    def write(self, number: int, done: Future[Point]) -> None:
        """Append a point when it was lived; several threads may."""
        if self._path is None or done.cancelled() or done.exception() is not None:
            return
        line = _Line(number=number, point=done.result()).model_dump_json()
        with self._path.open("a") as file:
            file.write(f"{line}\n")


def _read(text: str) -> tuple[_Key, Point]:
    line = _Line.model_validate_json(text)
    return (line.point.life, line.point.variation, line.number), line.point
