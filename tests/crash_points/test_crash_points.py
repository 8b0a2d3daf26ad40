"""A worker that is killed at any message of its life loses nothing and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.crash_points.life import Life
from tests.crash_points.lives import LIVES
from tests.crash_points.points import choose_share, kind_for, live, points, undisturbed
from tests.crash_points.variations import VARIATIONS, Variation
from tests.crash_points.wires import Message
from tests.crash_points.world import Kind, World

pytestmark = [pytest.mark.integration, pytest.mark.faults, pytest.mark.timeout(3_600)]


Worlds = Callable[[Kind], World]


@pytest.fixture(scope="module")
def messages(worlds: Worlds) -> Mapping[str, Sequence[Message]]:
    """The messages of each life when nothing disturbs it."""
    told = {}
    for name, life in LIVES.items():
        point, told[name] = undisturbed(worlds(kind_for(life)), life)
        assert point.violations == ()
        assert point.ends == life.ends
    return told


def test_a_kill_at_every_kind_of_change(
    worlds: Worlds, messages: Mapping[str, Sequence[Message]]
) -> None:
    """Each request that changes something in any life is struck, and its reply."""
    share = choose_share(messages)
    struck = [
        live(worlds(kind_for(LIVES[life])), LIVES[life], VARIATIONS[way], at)
        for life, way, at in share
    ]
    assert [str(point) for point in struck if point.violations] == []
    assert {("claim", "request"), ("commit", "reply"), ("POST /api/v3/order", "reply")} <= {
        (point.message.what, point.message.direction) for point in struck if point.message
    }


def test_the_messages_of_a_life_are_the_same_each_time(
    worlds: Worlds, messages: Mapping[str, Sequence[Message]]
) -> None:
    """So that a point that was found can be replayed by its number."""
    life = LIVES["doubt found"]
    _, again = undisturbed(worlds(kind_for(life)), life)
    assert again == messages["doubt found"]


@pytest.mark.slow
@pytest.mark.parametrize("variation", VARIATIONS.values(), ids=VARIATIONS.keys())
@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_a_kill_at_every_message(worlds: Worlds, life: Life, variation: Variation) -> None:
    """Every k, until the life ends before it is struck."""
    struck = list(points(worlds(kind_for(life, variation)), life, variation))
    assert len(struck) > 50
    assert [str(point) for point in struck if point.violations] == []
