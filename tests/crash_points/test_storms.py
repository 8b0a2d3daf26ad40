"""A worker that goes on through anything but its own death: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.crash_points import power_cut
from tests.crash_points.acts import wait_for_reconcile
from tests.crash_points.life import Life
from tests.crash_points.lives import LIVES
from tests.crash_points.points import Point, kind_for, live, points, undisturbed
from tests.crash_points.reached import reconciled
from tests.crash_points.run import Run
from tests.crash_points.storms import STORMS
from tests.crash_points.variations import Variation
from tests.crash_points.world import Kind, World

pytestmark = [pytest.mark.integration, pytest.mark.faults, pytest.mark.timeout(7_200)]

#: Beyond the quick run every life is struck at each so many messages; the command strikes at each.
SLOW_EVERY = 10


Worlds = Callable[[Kind], World]


@pytest.fixture(scope="module")
def durable_world(worlds: Worlds) -> World:
    """A world whose store keeps what it acknowledged."""
    return worlds(Kind(is_durable=True))


def quick_cases() -> Iterator[object]:
    """Give each storm a life, one after the other, and a message somewhere in it."""
    lives = list(LIVES.values())
    for number, storm in enumerate(STORMS.values()):
        life = lives[number % len(lives)]
        yield pytest.param(storm, life, 40 + 17 * (number % 5), id=f"{storm.name}, {life.name}")


@pytest.mark.parametrize(("storm", "life", "number"), list(quick_cases()))
def test_a_storm_at_a_message(worlds: Worlds, storm: Variation, life: Life, number: int) -> None:
    """Everything settles and equals the exchange's own ledger."""
    struck = live(worlds(kind_for(life, storm)), life, storm, number)
    assert struck.message or storm.times
    assert_well([struck])


def test_a_loss_brings_back_no_other_life(durable_world: World) -> None:
    """However much a store loses: the exchange has forgotten the orders of the life before."""
    life = LIVES["market"]
    undisturbed(durable_world, life)
    assert_well([live(durable_world, life, STORMS["store lost 2 writes"], 1)])


def test_the_verdict_waits_for_what_is_held(durable_world: World) -> None:
    """Neither a reconcile of before counts, nor a time that another life left."""
    with closing(Run(durable_world)) as run:
        wait_for_reconcile(run)
        assert reconciled(run)
        durable_world.restart_store(power_cut.nothing)
        assert not reconciled(run)
        run.until(reconciled, "the reconcile")


@pytest.mark.slow
@pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS.keys())
@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_a_storm_all_along_a_life(worlds: Worlds, storm: Variation, life: Life) -> None:
    """From the first message to the last."""
    struck = list(points(worlds(kind_for(life, storm)), life, storm, SLOW_EVERY))
    assert len(struck) > (0 if storm.times else 5)
    assert_well(struck)


def assert_well(struck: list[Point]) -> None:
    assert [str(point) for point in struck if point.violations] == []
