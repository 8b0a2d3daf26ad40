"""The page of failure modes and the tests that produce them stay in step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.docs.linking import ROOT, definitions

PAGE = ROOT / "docs" / "failure-modes.md"
SUITE = ROOT / "tests" / "integration" / "failure_modes"
MODES = 84
ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<what>.+) \| (?P<does>.+) \| (?P<shown>.+) \|$")
SHOWN = re.compile(r"\[`(?P<name>test_\w+)`\]\((?P<path>[^)\s]+\.py)\)")
REASONS = ("**Later:** ", "**Not producible here:** ")


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One row of the page."""

    number: int
    does: str
    tests: tuple[tuple[str, Path], ...]  # Name, file


def read_modes() -> list[Mode]:
    rows = [match for line in PAGE.read_text().splitlines() if (match := ROW.match(line))]
    return [
        Mode(
            number=int(row["number"]),
            does=row["does"],
            tests=tuple(
                (shown["name"], (PAGE.parent / shown["path"]).resolve())
                for shown in SHOWN.finditer(row["shown"])
            ),
        )
        for row in rows
    ]


ROWS = read_modes()


def test_every_mode_has_one_row() -> None:
    """None is missing and none is told twice, in whatever order they stand."""
    assert sorted(mode.number for mode in ROWS) == list(range(1, MODES + 1))


@pytest.mark.parametrize("mode", ROWS, ids=lambda mode: str(mode.number))
def test_a_mode_is_shown_or_says_why_not(mode: Mode) -> None:
    """A row names tests that exist, or the reason why there is none."""
    for name, path in mode.tests:
        assert path.is_file(), path
        assert name in definitions(path), f"{path.name} has no {name}"
    assert mode.tests or any(reason in mode.does for reason in REASONS)


@pytest.mark.parametrize("path", sorted(SUITE.glob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_of_the_suite_is_on_the_page(path: Path) -> None:
    """Whoever adds a test says which mode it produces."""
    named = {name for mode in ROWS for name, shown in mode.tests if shown == path}
    assert {name for name in definitions(path) if name.startswith("test_")} == named
