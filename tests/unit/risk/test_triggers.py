"""Causes to stop: by the settings' numbers, with them in the words, and never what is off."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.config.emergency import TriggerAction, TriggerSettings
from engine.config.risk import RiskSettings
from engine.risk.triggers import NAMES, Readings, find_causes

LIMITS = RiskSettings(max_daily_loss=Decimal(50), max_drawdown=Decimal("0.2"))
READINGS = st.builds(
    Readings,
    lost=st.none() | st.decimals(-100, 100, places=1),
    drawdown=st.none() | st.decimals(0, 1, places=2),
    rejections=st.integers(0, 50),
    mismatch=st.sampled_from(["", "USDT 7"]),
    stream_silent_ms=st.integers(0, 200_000),
    key_refused=st.sampled_from(["", "-2015 no"]),
)
ACTIONS = st.sampled_from(TriggerAction)
SETTINGS = st.builds(
    TriggerSettings,
    daily_loss=ACTIONS,
    drawdown=ACTIONS,
    rejections=ACTIONS,
    mismatch=ACTIONS,
    stale_stream=ACTIONS,
    key_refused=ACTIONS,
)


@given(settings=SETTINGS, seen=READINGS)
def test_each_cause_is_there_when_its_numbers_say_so(
    settings: TriggerSettings, seen: Readings
) -> None:
    """Nothing that is off, nothing below its limit; the action is the settings'."""
    expected = {
        "daily_loss": seen.lost is not None and seen.lost >= 50,
        "drawdown": seen.drawdown is not None and seen.drawdown >= Decimal("0.2"),
        "rejections": seen.rejections >= settings.rejections_count,
        "mismatch": bool(seen.mismatch),
        "stale_stream": seen.stream_silent_ms >= settings.stale_stream_ms,
        "key_refused": bool(seen.key_refused),
    }
    assert set(expected) == set(NAMES)
    causes = {cause.name: cause for cause in find_causes(settings, seen, LIMITS)}
    for name, is_there in expected.items():
        action = getattr(settings, name)
        assert (name in causes) == (is_there and action is not TriggerAction.OFF)
        assert name not in causes or causes[name].action is action


def test_nothing_stops_a_quiet_account() -> None:
    """With the defaults, and with everything wanted."""
    wanted = TriggerSettings(**dict.fromkeys(NAMES, TriggerAction.EMERGENCY_STOP))
    assert find_causes(TriggerSettings(), Readings(), LIMITS) == ()
    assert find_causes(wanted, Readings(), LIMITS) == ()
