"""Words and exit codes of orders that change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.changing import Replacement, ReplacementStep, Trail
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.errors import InvalidRequest
from tests.builders import build_order, build_terms
from workers.cli.documents import Document, order_document
from workers.cli.durations import read_duration
from workers.cli.outcome import judge_modification, judge_placement
from workers.cli.output import ExitCode
from workers.cli.sheets import order_sheet


@pytest.mark.parametrize(
    ("word", "expected"),
    [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)],
)
def test_a_duration_has_its_unit(word: str, expected: int) -> None:
    """Milliseconds, whatever the unit."""
    assert read_duration(word, "cancel_after") == expected


@pytest.mark.parametrize("word", ["30", "0s", "-5s", "1.5s", "1y", "400d", "", "5 m"])
def test_anything_else_is_one_sentence(word: str) -> None:
    """It names the field, the value and what is allowed."""
    with pytest.raises(InvalidRequest, match=r"cancel_after is .* with its unit"):
        read_duration(word, "cancel_after")


def replaced(step: ReplacementStep, note: str = "") -> Document:
    wish = Replacement(client_order_id="next", quantity=Decimal(1), step=step, note=note)
    return order_document(replace(build_order(status=OrderStatus.CANCELED), replacement=wish))


def test_a_change_ends_as_its_successor_did() -> None:
    """Accepted is done, denied is refused, none is refused with the reason."""
    old = replaced(ReplacementStep.RECORDED)
    new = build_order(client_order_id="next", status=OrderStatus.ACCEPTED)
    accepted, denied = new, replace(new, status=OrderStatus.DENIED)
    assert judge_modification(old, order_document(accepted), waited=True).exit_code == ExitCode.DONE
    outcome = judge_modification(old, order_document(denied), waited=True)
    assert outcome.exit_code == ExitCode.REFUSED
    dropped = replaced(ReplacementStep.DROPPED, "the order has filled 1 already")
    outcome = judge_modification(dropped, dropped, waited=True)
    assert outcome.exit_code == ExitCode.REFUSED
    assert "has filled 1 already" in outcome.sentence
    awaited = replaced(ReplacementStep.AWAITED)
    assert judge_modification(awaited, awaited, waited=True).exit_code == ExitCode.IN_DOUBT


def test_a_watched_stop_is_placed() -> None:
    """Unsent is what it has to be; the sheet says who watches and where it goes off."""
    terms = build_terms(order_type=OrderType.TRAILING_STOP, price=None, trailing_rate=Decimal(1))
    order = build_order(terms=terms, trail=Trail())
    shown = order_document(order)
    assert judge_placement(shown, waited=True).exit_code == ExitCode.DONE
    assert "by us; not active yet" in order_sheet(shown)
