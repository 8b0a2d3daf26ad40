"""The equity series: fine for a day, coarse for ever, and never more than it may hold."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.domain.equity import DAY_MS, RESOLUTIONS, EquityPoint
from engine.domain.portfolio import Portfolio
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS

pytestmark = pytest.mark.integration


def save(account: RedisAccountStore, point: EquityPoint, version: int) -> bool:
    life = account.load_state().life
    return account.save_portfolio(version, Portfolio(account="paper"), life=life, point=point)


def point_at(at_ms: int, number: int = 0) -> EquityPoint:
    return EquityPoint(at_ms=at_ms, equity=Decimal(number), result=Decimal(-number))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_newest_of_each_step_stays_for_its_time(account: RedisAccountStore, seed: int) -> None:
    """Against a model, over half a year with gaps, bursts and a clock that goes back."""
    chance, at_ms = random.Random(seed), NOW_MS
    model: dict[str, dict[int, EquityPoint]] = {part.name: {} for part in RESOLUTIONS}
    for number in range(150):
        at_ms += chance.choice([1_000, 61_000, 3_600_000, DAY_MS, 7 * DAY_MS, -30_000])
        point = point_at(at_ms, number)
        assert save(account, point, number)
        for part in RESOLUTIONS:
            kept, bucket = model[part.name], part.bucket(at_ms)
            kept[bucket] = point
            oldest = bucket - part.kept_ms if part.kept_ms else -1
            model[part.name] = {begin: one for begin, one in kept.items() if begin > oldest}
    for part in RESOLUTIONS:
        expected = tuple(one for _, one in sorted(model[part.name].items()))
        assert account.load_equity(part.name) == expected
        assert part.kept_ms is None or len(expected) <= part.kept_ms // part.step_ms


def test_a_portfolio_that_lost_its_race_leaves_no_point(account: RedisAccountStore) -> None:
    """Point and portfolio are written together or not at all."""
    assert save(account, point_at(NOW_MS), 0)
    assert not save(account, point_at(NOW_MS + DAY_MS), 0)
    assert account.load_equity("day") == (point_at(NOW_MS),)
    assert account.load_equity("day", since_ms=NOW_MS + 1) == ()
