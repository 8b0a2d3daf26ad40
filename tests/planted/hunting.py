"""One hunt: a copy of the product, a bug in it, and the finders that must find it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.planted.bugs import Bug, Trail
from tests.planted.finders import Catch
from tests.planted.tree import copy_tree, plant

#: Where nothing is to be found nothing ends a finder early: it may take so much longer.
WITHOUT_BUG_FACTOR = 3


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """What a finder came to on the trail of a bug, or without one."""

    bug: Bug | None
    trail: Trail
    catch: Catch

    @property
    def violation(self) -> str:
        """Return the violation that names the bug, or any where there is none; empty: no such."""
        said = (
            one for one in self.catch.violations if self.bug is None or self.trail.recognises(one)
        )
        return next(said, "")

    @property
    def is_as_wanted(self) -> bool:
        if self.bug is None:
            return not self.violation and not self.catch.trouble
        return bool(self.violation)


def hunt(bug: Bug, limit_s: float) -> list[Hunt]:
    """Plant the bug in a copy of its own, and follow each of its trails so long at most."""
    with TemporaryDirectory(prefix="augustan-planted-") as folder:
        tree = copy_tree(Path(folder))
        plant(bug.name, tree)
        return [
            Hunt(bug=bug, trail=trail, catch=_follow(trail, tree, limit_s)) for trail in bug.trails
        ]


def _follow(trail: Trail, tree: Path, limit_s: float) -> Catch:
    return trail.finder.run(tree, limit_s, *trail.options, *trail.ends)


def hunt_nothing(hunts: Iterable[Hunt], limit_s: float) -> list[Hunt]:
    """Run the same finders on a copy without a bug, as far as they had to go for the farthest.

    A finder that cries at the product as it is has found nothing.
    """
    farthest: dict[tuple[str, ...], Hunt] = {}
    for one in hunts:
        key = (one.trail.finder.name, *one.trail.options)
        before = farthest.setdefault(key, one)
        if one.catch.tried > before.catch.tried:
            farthest[key] = one
    with TemporaryDirectory(prefix="augustan-planted-") as folder:
        tree = copy_tree(Path(folder))
        return [_hunt_nothing(one, tree, limit_s) for one in farthest.values()]


def _hunt_nothing(like: Hunt, tree: Path, limit_s: float) -> Hunt:
    finder = like.trail.finder
    options = (*like.trail.options, *finder.no_more_than(max(like.catch.tried, 1)))
    catch = finder.run(tree, limit_s * WITHOUT_BUG_FACTOR, *options)
    return Hunt(bug=None, trail=like.trail, catch=catch)


def not_found(hunts: Iterable[Hunt]) -> list[str]:
    """Return what is not as wanted: bugs that no finder found, finders that cry without one."""
    shown: dict[str, bool] = defaultdict(bool)
    for one in hunts:
        name = one.bug.name if one.bug else f"nothing planted, {one.trail.finder.name}"
        shown[name] = one.is_as_wanted if one.bug is None else shown[name] or one.is_as_wanted
    return [name for name, is_shown in shown.items() if not is_shown]
