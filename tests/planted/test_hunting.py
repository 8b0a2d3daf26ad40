"""A bug that is planted is found, and what is found is the bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planted import finders
from tests.planted.bugs import BUGS, Bug, Trail
from tests.planted.finders import Catch, Finder, read_simulation
from tests.planted.hunting import Hunt, hunt, not_found

#: One whose first world shows it.
CHEAP = "outbox-done-too-early"
BY_NAME = {bug.name: bug for bug in BUGS}


def answering(text: str) -> Finder:
    """Return a finder that only says something."""
    return Finder(name="echo", counts="lives", command=("-c", text), read=read_simulation)


def a_hunt(*violations: str, is_planted: bool = True, trouble: str = "") -> Hunt:
    bug = BUGS[0] if is_planted else None
    catch = Catch(violations=violations, tried=40, seconds=1.0, trouble=trouble)
    trail = Trail(finder=answering(""), says=("DUPLICATE:",))
    return Hunt(bug=bug, trail=trail, catch=catch)


@pytest.mark.integration
def test_a_cheap_bug_is_found() -> None:
    """The way from a patch to a find works; all the others go the same way."""
    hunts = hunt(BY_NAME[CHEAP], limit_s=100.0)

    assert not_found(hunts) == [], hunts


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_is_found(bug: Bug) -> None:
    """What the finders promise to see, they see."""
    hunts = hunt(bug, limit_s=1_200.0)

    assert not_found(hunts) == [], hunts


def test_only_the_violation_of_the_bug_counts() -> None:
    """A tree that breaks in another way, or does not even start, shows nothing."""
    assert not_found([a_hunt("DUPLICATE: twice")]) == []
    assert not_found([a_hunt("EXCEPTION: no such name")]) == [BUGS[0].name]
    assert not_found([a_hunt(trouble="it broke")]) == [BUGS[0].name]


def test_one_of_several_finders_is_enough() -> None:
    """A bug is found when one of its trails leads to it."""
    assert not_found([a_hunt(), a_hunt("DUPLICATE: twice")]) == []


def test_a_finder_that_cries_at_a_clean_tree_is_told() -> None:
    """Whoever sees a bug everywhere has found none."""
    assert not_found([a_hunt(is_planted=False)]) == []
    assert len(not_found([a_hunt("DUPLICATE: twice", is_planted=False)])) == 1
    assert len(not_found([a_hunt(is_planted=False, trouble="the time was over")])) == 1


def test_a_finder_that_breaks_says_how(tmp_path: Path) -> None:
    """No answer is no find, and the reason is shown."""
    catch = answering("raise SystemExit('no server')").run(tmp_path, 30.0)

    assert catch.violations == ()
    assert "no server" in catch.trouble


def test_a_finder_ends_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hunt for a rare bug does not last for ever."""
    monkeypatch.setattr(finders, "GRACE_S", 0.0)
    catch = answering("import time; time.sleep(60)").run(tmp_path, 0.2)

    assert catch.trouble == "the time was over"
