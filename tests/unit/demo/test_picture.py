"""What the demo shows: the page, the lines, the summary, the plot."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from engine.domain.events import Event, EventKind
from engine.domain.fill import Side
from engine.domain.order_status import OrderStatus
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import empty_position, fold
from engine.domain.report import Balance
from tests.builders import NOW_MS, build_fill, build_order
from workers.demo.capture import draw_terminal
from workers.demo.lines import describe_event, is_told
from workers.demo.plot import draw_plot
from workers.demo.screen import Lines
from workers.demo.snapshot import Sample, Snapshot, value_now
from workers.demo.summary import Result, build_table, describe_differences, to_document
from workers.demo.view import render

D = Decimal
FILL = build_fill(quantity=D("0.25"), fee=D("0.1"), fee_currency="USDT")
ORDER = build_order(status=OrderStatus.PARTIALLY_FILLED, exchange_order_id="77", fills=(FILL,))
EVENT = Event(
    kind=EventKind.ORDER_FILLED,
    at_ms=NOW_MS,
    client_order_id=ORDER.client_order_id,
    symbol="BTC/USDT",
    details={"quantity": "0.25", "price": "100"},
)


def build_snapshot(**changes: Any) -> Snapshot:
    row = PositionRow(
        symbol="BTC/USDT",
        net_quantity=D("0.25"),
        entry_price=D(100),
        mark_price=D(104),
        realized_pnl=D(0),
        unrealized_pnl=D(1),
    )
    defaults: dict[str, Any] = {
        "elapsed_s": 12.5,
        "seconds": 60,
        "orders": (ORDER,),
        "fills": (FILL,),
        "positions": (row,),
        "equity": D("1000.9"),
        "start_equity": D(1000),
        "quote": "USDT",
        "events": (EVENT,),
        "note": "trading",
    }
    return Snapshot(**defaults | changes)


def build_result(**changes: Any) -> Result:
    defaults: dict[str, Any] = {
        "traded": build_snapshot(),
        "snapshot": build_snapshot(note="at rest"),
        "compared": "1 orders, 1 trades, 2 balances, 1 positions",
        "differences": (),
        "is_at_rest": True,
        "plot": Path("demo/plot.png"),
    }
    return Result(**defaults | changes)


def shown(picture: RenderableType, *, width: int = 132, height: int = 30) -> str:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    console.print(picture)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_page_shows_orders_positions_equity_fills_and_events():
    """Everything that a watcher asks for is on one page."""
    text = shown(render(build_snapshot()))

    for part in ("1,000.90", "+0.90", "partially_filled", "0.25", "0.1 USDT", "trading 12 of 60 s"):
        assert part in text, part
    assert describe_event(EVENT) in text


@pytest.mark.parametrize(("width", "height"), [(132, 30), (80, 24), (40, 10)])
def test_the_page_fits_the_terminal(width: int, height: int):
    """A small terminal cuts the page; it never grows beyond it."""
    many = build_snapshot(orders=(ORDER,) * 99, fills=(FILL,) * 99, events=(EVENT,) * 99)

    lines = shown(render(many), width=width, height=height).split("\n")

    assert len(lines) <= height + 1
    assert max(map(len, lines)) <= width


def test_the_page_of_an_account_that_did_nothing():
    """Before the first portfolio there is no equity, and that is shown as a dash."""
    empty = build_snapshot(orders=(), fills=(), positions=(), equity=None, events=())

    assert "equity -" in shown(render(empty))
    assert empty.gain is None


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_event_has_a_line(kind: EventKind):
    """Each says what it is about; the quiet ones are left out of the lines."""
    line = describe_event(replace(EVENT, kind=kind, message="[red]words"))

    assert line
    assert line == line.strip()
    assert is_told(Event(kind=kind, at_ms=NOW_MS)) is (
        kind not in {EventKind.ATTEMPT, EventKind.POSITION_UPDATED, EventKind.PORTFOLIO_UPDATED}
    )


def test_lines_tell_each_event_and_the_equity_now_and_then():
    """Where nothing moves by itself, news are lines and the equity is repeated rarely."""
    file = io.StringIO()
    lines = Lines(Console(file=file, width=200))

    lines.show(build_snapshot(elapsed_s=0.0), [EVENT])
    lines.show(build_snapshot(elapsed_s=0.3), [])
    lines.show(build_snapshot(elapsed_s=0.5, note="settling"), [])

    told = file.getvalue().splitlines()
    assert len(told) == 3
    assert describe_event(EVENT) in told[0]
    assert "equity 1000.90 USDT, 1 orders, 1 fills" in told[1]
    assert "settling" in told[2]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "yes"),
        ({"differences": ("balance USDT free: …",)}, "no"),
        ({"is_at_rest": False}, "no"),
    ],
)
def test_the_verdict_is_yes_only_at_rest_and_without_a_difference(
    changes: dict[str, Any], answer: str
):
    """The line of the whole demo."""
    result = build_result(**changes)

    assert result.verdict == f"positions and balances equal the exchange's ledger: {answer}"
    assert to_document(result)["equal"] is (answer == "yes")
    assert bool(describe_differences(result)) is (answer == "no")


def test_the_summary_counts_orders_fills_and_fees():
    """By status, in parts, and by coin."""
    two = replace(ORDER, fills=(FILL, replace(FILL, trade_id="2")))
    snapshot = build_snapshot(orders=(two, ORDER), fills=(FILL, FILL))

    text = shown(build_table(build_result(snapshot=snapshot)))

    assert "2: 2 partially_filled" in text
    assert "2; 1 orders filled in parts" in text
    assert "0.2 USDT" in text
    assert "0.25 at 100.00" in text


def test_many_differences_are_cut_and_counted():
    """Twenty say enough."""
    result = build_result(differences=tuple(f"fact {n}" for n in range(30)))

    lines = describe_differences(result)

    assert lines[-1] == "and 10 more"
    assert len(lines) == 21


def test_equity_is_the_balances_at_the_prices_of_now():
    """0.5 BTC at 100 and 10 USDT are 60; without a price there is no figure at all."""
    held = {"BTC": Balance(free=D("0.4"), used=D("0.1")), "USDT": Balance(free=D(10), used=D(0))}
    portfolio = Portfolio(account="paper", balances=held)

    assert value_now(portfolio, [], {"BTC/USDT": D(100)}) == 60
    assert value_now(portfolio, [], {}) is None
    assert value_now(None, [], {"BTC/USDT": D(100)}) is None


def test_a_contract_is_worth_what_it_has_won():
    """Its quantity is no coin of the account: bought at 100, half of one at 110 has won 5."""
    contract = "BTC/USDT:USDT"
    fill = build_fill(symbol=contract, quantity=D("0.5"), fee=D(0), fee_currency="USDT")
    portfolio = Portfolio(account="futures", balances={"USDT": Balance(free=D(10), used=D(0))})
    positions = [fold(empty_position("futures", contract), [fill])]

    assert value_now(portfolio, positions, {contract: D(110)}) == 15
    assert value_now(portfolio, positions, {}) is None


def draw_both(folder: Path) -> list[Path]:
    samples = [
        Sample(at_ms=NOW_MS + n * 1_000, equity=D(1000 + n), prices={"BTC/USDT": D(100 + n)})
        for n in range(5)
    ]
    fills = [FILL, build_fill(symbol="ETH/USDT", side=Side.SELL)]
    plot = folder / "plot.svg"
    draw_plot(plot, samples, fills, title="A title", quote="USDT")
    terminal = folder / "terminal.svg"
    draw_terminal(terminal, build_result())
    return [plot, terminal]


def test_the_pictures_are_whole_and_fetch_nothing(tmp_path: Path):
    """A picture in a document must not call anybody when it is looked at."""
    for picture in draw_both(tmp_path):
        text = picture.read_text()
        assert text.rstrip().endswith("</svg>")
        assert "url(http" not in text.replace('"', "")
    assert "exchange" in (tmp_path / "terminal.svg").read_text()


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_plot_without_a_trade_is_a_plot_all_the_same(tmp_path: Path, suffix: str):
    """An empty account has an empty picture, not an error."""
    path = tmp_path / f"plot{suffix}"

    draw_plot(path, [], [], title="", quote="")

    assert path.stat().st_size > 1_000
