"""The perpetual contracts: their filters and their leverage brackets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from workers.paper_exchange.market.rules import MarketRules

D = Decimal

#: Coins that margin is kept in.
MARGIN_ASSETS = ("USDT", "USDC")
#: Leverage of a contract that nobody has set.
FIRST_LEVERAGE = 20

_UP, _DOWN = D("1.05"), D("0.95")
_LIQUIDATION_FEE = D("0.0125")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bracket:
    """How much leverage a position of this notional may have, and what it must keep."""

    number: int
    max_leverage: int
    floor: Decimal  # Notional, quote
    cap: Decimal
    maintenance_rate: Decimal
    maintenance_offset: Decimal  # Taken off, so that the margin grows without steps


def _brackets(rows: Iterable[tuple[int, str, str]]) -> tuple[Bracket, ...]:
    """Return brackets of (leverage, cap, rate); floors and offsets follow from them."""
    made: list[Bracket] = []
    floor = offset = last_rate = D(0)
    for number, (leverage, cap, rate) in enumerate(rows, 1):
        offset += floor * (D(rate) - last_rate)
        made.append(
            Bracket(
                number=number,
                max_leverage=leverage,
                floor=floor,
                cap=D(cap),
                maintenance_rate=D(rate),
                maintenance_offset=offset,
            )
        )
        floor, last_rate = D(cap), D(rate)
    return tuple(made)


_MAJOR = _brackets(
    (
        (125, "300000", "0.004"),
        (100, "800000", "0.005"),
        (75, "3000000", "0.0065"),
        (50, "12000000", "0.01"),
        (25, "70000000", "0.02"),
        (20, "100000000", "0.025"),
        (10, "230000000", "0.05"),
        (5, "480000000", "0.1"),
        (4, "600000000", "0.125"),
        (3, "800000000", "0.15"),
        (2, "1200000000", "0.25"),
        (1, "1800000000", "0.5"),
    )
)
_MINOR = _brackets(
    (
        (75, "10000", "0.005"),
        (50, "50000", "0.01"),
        (25, "500000", "0.02"),
        (20, "1000000", "0.025"),
        (10, "5000000", "0.05"),
        (5, "10000000", "0.1"),
        (4, "12500000", "0.125"),
        (2, "25000000", "0.25"),
        (1, "50000000", "0.5"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractRules(MarketRules):
    """What a perpetual contract accepts; one contract is one unit of its base."""

    multiplier_up: Decimal = _UP
    multiplier_down: Decimal = _DOWN
    max_algo_orders: int = 200
    liquidation_fee_rate: Decimal = _LIQUIDATION_FEE
    brackets: tuple[Bracket, ...] = _MINOR

    @property
    def price_precision(self) -> int:
        """Digits after the point of a price."""
        return _digits(self.tick_size)

    @property
    def quantity_precision(self) -> int:
        """Digits after the point of a quantity."""
        return _digits(self.step_size)

    @property
    def max_leverage(self) -> int:
        return self.brackets[0].max_leverage

    def bracket_of(self, notional: Decimal) -> Bracket:
        """Return the bracket of a notional; the last one for more than there is."""
        return next((b for b in self.brackets if notional <= b.cap), self.brackets[-1])

    def largest_notional(self, leverage: int) -> Decimal:
        """Return how large a position may be at this leverage."""
        return max(b.cap for b in self.brackets if b.max_leverage >= leverage)

    def maintenance(self, notional: Decimal) -> Decimal:
        """Return the maintenance margin of a position of this notional."""
        bracket = self.bracket_of(notional)
        return notional * bracket.maintenance_rate - bracket.maintenance_offset


def _digits(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -int(exponent))


#: base -> tick, step, smallest notional, largest order, largest market order
_KNOWN = {
    "BTC": ("0.1", "0.001", "50", "1000", "120"),
    "ETH": ("0.01", "0.001", "20", "10000", "2000"),
    "BNB": ("0.01", "0.01", "5", "100000", "2000"),
    "SOL": ("0.01", "0.01", "5", "1000000", "20000"),
    "XRP": ("0.0001", "0.1", "5", "10000000", "1000000"),
    "ADA": ("0.0001", "1", "5", "10000000", "1000000"),
    "DOGE": ("0.00001", "1", "5", "50000000", "10000000"),
    "LTC": ("0.01", "0.001", "20", "10000", "5000"),
    "LINK": ("0.001", "0.01", "20", "100000", "20000"),
    "AVAX": ("0.001", "0.1", "5", "100000", "20000"),
}


def contract_of(spot: MarketRules) -> ContractRules | None:
    """Return the perpetual beside a spot market, None when its quote is no margin asset."""
    if spot.quote not in MARGIN_ASSETS:
        return None
    tick, step, smallest, largest, market_largest = _KNOWN.get(
        spot.base,
        (str(spot.tick_size), str(spot.step_size), "5", "9000000", "1000000"),
    )
    return ContractRules(
        base=spot.base,
        quote=spot.quote,
        start_price=spot.start_price // D(tick) * D(tick),
        tick_size=D(tick),
        step_size=D(step),
        max_quantity=D(largest),
        market_max_quantity=D(market_largest),
        min_notional=D(smallest),
        brackets=_MAJOR if spot.base in {"BTC", "ETH"} else _MINOR,
    )
