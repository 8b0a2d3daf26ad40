"""A snapshot as a page of the terminal. Pure: a snapshot in, a picture out."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from engine.domain.fill import Fill, Side
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from workers.demo.lines import describe_event, is_told, shown
from workers.demo.snapshot import Snapshot

STATUS_STYLES = {
    OrderStatus.FILLED: "green",
    OrderStatus.PARTIALLY_FILLED: "cyan",
    OrderStatus.ACCEPTED: "cyan",
    OrderStatus.SUBMITTED: "yellow",
    OrderStatus.CANCELED: "magenta",
    OrderStatus.DENIED: "red",
    OrderStatus.REJECTED: "red",
}
#: Rows that fit beside each other in a terminal of ordinary height.
ORDER_ROWS, FILL_ROWS, EVENT_ROWS = 10, 8, 9
HEAD_LINES = 2
#: A panel's borders and its table's head.
FRAME_LINES = 3
#: All of it.
PAGE_HEIGHT = HEAD_LINES + ORDER_ROWS + FILL_ROWS + 2 * FRAME_LINES


def render(snapshot: Snapshot) -> RenderableType:
    """Return the page: head, orders and positions, fills and events."""
    page = Layout()
    page.split_column(
        Layout(_head(snapshot), size=HEAD_LINES),
        Layout(name="middle", ratio=ORDER_ROWS + FRAME_LINES),
        Layout(name="bottom", ratio=FILL_ROWS + FRAME_LINES),
    )
    page["middle"].split_row(
        Layout(_panel("orders", _orders(snapshot)), ratio=3),
        Layout(_panel("positions", _positions(snapshot)), ratio=2),
    )
    page["bottom"].split_row(
        Layout(_panel("fills", _fills(snapshot)), ratio=1),
        Layout(_panel("events", _events(snapshot)), ratio=1),
    )
    return page


def _head(snapshot: Snapshot) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    equity = Text("equity ")
    equity.append(money(snapshot.equity), style="bold")
    equity.append(f" {snapshot.quote}  ")
    equity.append(_signed(snapshot.gain), style=_gain_style(snapshot.gain))
    done = min(snapshot.elapsed_s, snapshot.seconds)
    counts = f"{len(snapshot.orders)} orders, {len(snapshot.fills)} fills"
    line.add_row(equity, f"{snapshot.note} {done:.0f} of {snapshot.seconds} s, {counts}")
    bar = ProgressBar(total=max(snapshot.seconds, 1), completed=done)
    return Group(line, bar)


def _orders(snapshot: Snapshot) -> Table:
    table = _table("symbol", "side", "type", "quantity", "filled", "average", "status")
    for order in snapshot.orders[:ORDER_ROWS]:
        table.add_row(*_order_cells(order))
    return table


def _order_cells(order: Order) -> tuple[RenderableType, ...]:
    return (
        order.terms.symbol,
        _side(order.terms.side),
        order.terms.order_type.value,
        shown(order.quantity),
        shown(order.filled_quantity),
        money(order.average_price),
        Text(order.status.value, style=STATUS_STYLES.get(order.status, "")),
    )


def _positions(snapshot: Snapshot) -> Table:
    table = _table("symbol", "quantity", "entry", "realized", "open")
    for row in snapshot.positions:
        table.add_row(
            row.symbol,
            shown(row.net_quantity),
            money(row.entry_price),
            Text(_signed(row.realized_pnl), style=_gain_style(row.realized_pnl)),
            Text(_signed(row.unrealized_pnl), style=_gain_style(row.unrealized_pnl)),
        )
    return table


def _fills(snapshot: Snapshot) -> Table:
    table = _table("symbol", "side", "quantity", "price", "fee")
    for fill in reversed(snapshot.fills[-FILL_ROWS:]):
        table.add_row(fill.symbol, _side(fill.side), shown(fill.quantity), *_price_and_fee(fill))
    return table


def _price_and_fee(fill: Fill) -> tuple[str, str]:
    return shown(fill.price), f"{shown(fill.fee)} {fill.fee_currency}"


def _events(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, overflow="ellipsis")
    told = [event for event in snapshot.events if is_told(event)]
    for event in reversed(told[-EVENT_ROWS:]):
        table.add_row(Text(describe_event(event)))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, expand=True, header_style="dim", pad_edge=False)
    for column in columns:
        words = column in {"symbol", "side", "type", "status"}
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    return table


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(content, title=title, title_align="left", border_style="dim")


def _side(side: Side) -> Text:
    return Text(side.value, style="green" if side is Side.BUY else "red")


def _gain_style(amount: Decimal | None) -> str:
    return "" if not amount else "green" if amount > 0 else "red"


def _signed(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:+,.2f}"


def money(amount: Decimal | None) -> str:
    """Return an amount to the cent, for looking at; never for comparing."""
    return "-" if amount is None else f"{amount:,.2f}"
