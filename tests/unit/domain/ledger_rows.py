"""Made-up ledgers: what hypothesis draws rows from."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, Side
from engine.domain.position import Position, empty_position
from tests.builders import NOW_MS, build_fill

SYMBOL = "BTC/USDT"


def empty() -> Position:
    return empty_position("paper", SYMBOL)


def amounts(largest: int = 10**10, places: int = 8) -> st.SearchStrategy[Decimal]:
    """Numbers above zero, as exchanges write them."""
    return st.integers(1, largest).map(lambda whole: Decimal(whole).scaleb(-places))


@st.composite
def fills(draw: st.DrawFn, fee_currencies: tuple[str, ...] = ("BTC", "USDT", "BNB", "")) -> Fill:
    """A trade; its id may be drawn again, and then it is the same trade."""
    number = draw(st.integers(1, 10**6))
    quantity, price = draw(amounts()), draw(amounts(places=2))
    currency = draw(st.sampled_from(fee_currencies))
    fee = quantity * Decimal("0.001") if currency == "BTC" else draw(amounts(10**6))
    return build_fill(
        trade_id=str(number),
        side=draw(st.sampled_from(Side)),
        quantity=quantity,
        price=price,
        # The exchange rounds what it books; the product has more digits
        cost=(quantity * price).quantize(Decimal("1e-8")),
        fee=fee if currency else Decimal(0),
        fee_currency=currency,
        executed_at_ms=NOW_MS + number // 3,
    )


@st.composite
def balance_rows(draw: st.DrawFn) -> BalanceRow:
    """A deposit, a withdrawal or an opening, of the coin or of something else."""
    number = draw(st.integers(1, 10**6))
    sign = draw(st.sampled_from((1, -1)))
    return BalanceRow(
        row_id=f"row:{number}",
        kind=draw(st.sampled_from(RowKind)),
        symbol=SYMBOL,
        asset=draw(st.sampled_from(("BTC", "BTC", "USDT"))),
        quantity=sign * draw(amounts()),
        executed_at_ms=NOW_MS + number // 3,
    )


def ledgers(*kinds: st.SearchStrategy[LedgerRow]) -> st.SearchStrategy[list[LedgerRow]]:
    """Rows without repeats: what the store keeps."""
    rows = st.one_of(*kinds or (fills(), balance_rows()))
    return st.lists(rows, max_size=12, unique_by=lambda row: row.row_id)
