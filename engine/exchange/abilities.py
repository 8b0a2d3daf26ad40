"""What each venue can do. Data: a second exchange is a row here and a dialect."""

from __future__ import annotations

from dataclasses import replace

from engine.ports import Abilities, Counted, IdScope, Window, WindowScope

MINUTE_MS, DAY_MS = 60_000, 86_400_000

#: Binance spot. Limits: REST documentation and `exchangeInfo.rateLimits`, 2026.
BINANCE_SPOT = Abilities(
    venue="binance",
    market_type="spot",
    id_scope=IdScope.OPEN,
    id_alphabet="[A-Za-z0-9_-]",
    id_length=36,
    can_query_by_id=True,
    expiry_parameter="recvWindow",  # With the signed timestamp; checked again before matching
    batch_max=1,
    can_cancel_all=True,
    ack_is_final=True,
    dead_man=False,
    replaces_id_on_cancel=True,
    windows=(
        Window(
            name="weight_1m",
            scope=WindowScope.ADDRESS,
            counted=Counted.WEIGHT,
            limit=6_000,
            interval_ms=MINUTE_MS,
        ),
        Window(
            name="requests_5m",
            scope=WindowScope.ADDRESS,
            counted=Counted.REQUESTS,
            limit=300_000,
            interval_ms=5 * MINUTE_MS,
            is_told=False,  # No header speaks of it
        ),
        Window(
            name="orders_10s",
            scope=WindowScope.ACCOUNT,
            counted=Counted.ORDERS,
            limit=100,
            interval_ms=10_000,
        ),
        Window(
            name="orders_1d",
            scope=WindowScope.ACCOUNT,
            counted=Counted.ORDERS,
            limit=200_000,
            interval_ms=DAY_MS,
        ),
    ),
    unfilled_kept_ms=90 * DAY_MS,  # Then archived: error -2026, REST documentation, 2026
    # The API waits 10 s for the engine; its answer after that is -1007, not a refusal
)

#: Binance USDⓈ-M. Limits: REST documentation and `exchangeInfo.rateLimits`, 2026. The weight is
#: another allowance of the same address than spot's, and has a name of its own.
BINANCE_FUTURES = replace(
    BINANCE_SPOT,
    market_type="linear",
    dead_man=True,
    trails=True,
    lists_income=True,
    replaces_id_on_cancel=False,
    windows=(
        Window(
            name="futures_weight_1m",
            scope=WindowScope.ADDRESS,
            counted=Counted.WEIGHT,
            limit=2_400,
            interval_ms=MINUTE_MS,
        ),
        Window(
            name="orders_10s",
            scope=WindowScope.ACCOUNT,
            counted=Counted.ORDERS,
            limit=300,
            interval_ms=10_000,
        ),
        Window(
            name="orders_1m",
            scope=WindowScope.ACCOUNT,
            counted=Counted.ORDERS,
            limit=1_200,
            interval_ms=MINUTE_MS,
        ),
    ),
    unfilled_kept_ms=3 * DAY_MS,  # GET order: canceled or expired without a fill, then unknown
    quote_assets=("USDT", "USDC"),
)

ABILITIES: dict[tuple[str, str], Abilities] = {
    ("binance", "spot"): BINANCE_SPOT,
    ("binance", "swap"): BINANCE_FUTURES,
}


def find_abilities(exchange: str, market_type: str, venue: str) -> Abilities | None:
    """Return the row of an exchange's market under the name of one of its venues."""
    row = ABILITIES.get((exchange, market_type))
    return None if row is None else replace(row, venue=venue)
