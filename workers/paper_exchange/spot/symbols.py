"""The rules of each market, in the shape of Binance's exchangeInfo filters."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from workers.paper_exchange.market.rules import MarketRules

D = Decimal

#: Digits after the point of every balance, as Binance keeps spot assets.
ASSET_PRECISION = 8


_LARGEST_NOTIONAL = D(9_000_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolRules(MarketRules):
    """What a spot market accepts beyond what every market has."""

    max_notional: Decimal = _LARGEST_NOTIONAL
    max_algo_orders: int = 5
    max_position: Decimal | None = None


#: base, quote, start price, tick, step, largest order, largest market order
_CATALOG = (
    ("BTC", "USDT", "60000", "0.01", "0.00001", "9000", "120"),
    ("ETH", "USDT", "3000", "0.01", "0.0001", "9000", "2000"),
    ("BNB", "USDT", "600", "0.01", "0.001", "900000", "5000"),
    ("SOL", "USDT", "150", "0.01", "0.001", "900000", "20000"),
    ("XRP", "USDT", "0.6", "0.0001", "0.1", "9000000", "1000000"),
    ("ADA", "USDT", "0.45", "0.0001", "0.1", "9000000", "1000000"),
    ("DOGE", "USDT", "0.12", "0.00001", "1", "9000000", "1000000"),
    ("LTC", "USDT", "80", "0.01", "0.001", "90000", "5000"),
    ("LINK", "USDT", "14", "0.01", "0.01", "90000", "20000"),
    ("AVAX", "USDT", "30", "0.01", "0.01", "90000", "20000"),
    ("BTC", "USDC", "60000", "0.01", "0.00001", "9000", "120"),
    ("ETH", "BTC", "0.05", "0.00001", "0.001", "100000", "1000"),
)

DEFAULT_SYMBOLS = "BTC/USDT,ETH/USDT,BNB/USDT,SOL/USDT"


def _catalog_rules(row: tuple[str, ...]) -> SymbolRules:
    base, quote, price, tick, step, largest, market_largest = row
    in_coin = quote == "BTC"
    return SymbolRules(
        base=base,
        quote=quote,
        start_price=D(price),
        tick_size=D(tick),
        step_size=D(step),
        max_quantity=D(largest),
        market_max_quantity=D(market_largest),
        min_notional=D("0.0001") if in_coin else D(5),
        max_notional=D(900) if in_coin else D(9_000_000),
    )


CATALOG = {f"{row[0]}/{row[1]}": _catalog_rules(row) for row in _CATALOG}


def rules_from_price(base: str, quote: str, price: Decimal) -> SymbolRules:
    """Return plausible rules for a market outside the catalog.

    The tick is about a hundred-thousandth of the price and the step is worth about a hundredth
    of a quote coin, both powers of ten, and together within the eight digits of a balance.
    """
    magnitude = price.adjusted()
    tick_digits = min(max(4 - magnitude, 2), 8)
    step_digits = min(max(magnitude + 2, 0), 8 - tick_digits)
    return SymbolRules(
        base=base,
        quote=quote,
        start_price=price.quantize(D(1).scaleb(-tick_digits)),
        tick_size=D(1).scaleb(-tick_digits),
        step_size=D(1).scaleb(-step_digits),
        max_quantity=D(9_000_000),
        market_max_quantity=D(1_000_000),
    )
