"""The page of failure modes and the tests that produce them stay in step."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.docs.linking import ROOT

PAGE = ROOT / "docs" / "failure-modes.md"
SUITE = ROOT / "tests" / "integration" / "failure_modes"
MODES = 84
ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<what>.+) \| (?P<does>.+) \| (?P<shown>.+) \|$")
#: A test, and in brackets those of its cases that are meant, where not all are.
SHOWN = re.compile(r"\[`(?P<name>test_\w+)`\]\((?P<path>[^)\s]+\.py)\)(?: \((?P<cases>[^)]+)\))?")
NOTHING = "\N{EN DASH}"
REASON = re.compile(r"\*\*Not producible here:\*\* \w{3}")
NEVER_RUN = {"skip", "skipif", "xfail"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A test that a row names."""

    name: str
    path: Path
    cases: tuple[str, ...]

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(".".join(self.path.relative_to(ROOT).with_suffix("").parts))

    @property
    def function(self) -> Any:
        return getattr(self.module, self.name, None)

    @property
    def marks(self) -> list[pytest.Mark]:
        of_module = getattr(self.module, "pytestmark", [])
        of_module = of_module if isinstance(of_module, list) else [of_module]
        return [*getattr(self.function, "pytestmark", []), *(one.mark for one in of_module)]


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One row of the page."""

    number: int
    does: str
    shown: str
    tests: tuple[Shown, ...]


def read_modes() -> list[Mode]:
    rows = [match for line in PAGE.read_text().splitlines() if (match := ROW.match(line))]
    return [
        Mode(
            number=int(row["number"]),
            does=row["does"],
            shown=row["shown"],
            tests=tuple(
                Shown(
                    name=shown["name"],
                    path=(PAGE.parent / shown["path"]).resolve(),
                    cases=tuple((shown["cases"] or "").split("; ")) if shown["cases"] else (),
                )
                for shown in SHOWN.finditer(row["shown"])
            ),
        )
        for row in rows
    ]


def case_names(marks: list[pytest.Mark]) -> Iterator[str]:
    """Return the names of a test's cases, as far as they are words of their own."""
    for mark in marks:
        if mark.name != "parametrize":
            continue
        for case in mark.args[1]:
            name = getattr(case, "id", None) or case
            if isinstance(name, str):
                yield name


ROWS = read_modes()
by_number = pytest.mark.parametrize("mode", ROWS, ids=lambda mode: str(mode.number))


def test_every_mode_has_one_row() -> None:
    """None is missing and none is told twice, in whatever order they stand."""
    assert sorted(mode.number for mode in ROWS) == list(range(1, MODES + 1))


@by_number
def test_a_mode_is_shown_or_says_why_not(mode: Mode) -> None:
    """A row names tests, each in words that this page understands, or the reason for none."""
    rest = SHOWN.sub("", mode.shown).replace(", ", "")
    assert rest == ("" if mode.tests else NOTHING)
    assert mode.tests or REASON.search(mode.does)
    assert len({(test.name, test.path) for test in mode.tests}) == len(mode.tests)


@by_number
def test_what_a_row_names_is_run(mode: Mode) -> None:
    """Its tests exist with the cases named, none is left out always, and one runs every time."""
    for test in mode.tests:
        assert test.path.is_file(), test.path
        assert callable(test.function), f"{test.path.name} has no {test.name}"
        assert not NEVER_RUN & {mark.name for mark in test.marks}
        missing = set(test.cases) - set(case_names(test.marks))
        assert not missing, f"{test.name} has no case {sorted(missing)}"
    assert not mode.tests or any(
        "slow" not in {mark.name for mark in test.marks} for test in mode.tests
    )


@pytest.mark.parametrize("path", sorted(SUITE.glob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_of_the_suite_is_on_the_page(path: Path) -> None:
    """Whoever adds a test says which mode it produces."""
    named = {test.name for mode in ROWS for test in mode.tests if test.path == path}
    module = Shown(name="", path=path, cases=()).module
    assert {name for name in vars(module) if name.startswith("test_")} == named
