"""How long things may take and how often they are looked at; all times in milliseconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.config.fields import Section, Whole

DAY_MS = 86_400_000
YEAR_MS = 366 * DAY_MS

#: An interval or a patience: never zero, or a loop would spin.
Interval = Annotated[Whole, Field(ge=1, le=YEAR_MS)]
#: How often something is looked at: what is due much later was planned by a clock that was wrong.
Watch = Annotated[Whole, Field(ge=1, le=1_800_000)]
#: A margin: may be zero.
Margin = Annotated[Whole, Field(ge=0, le=DAY_MS)]


class ExecutionSettings(Section):
    """The clock of the engine."""

    recv_window_ms: Annotated[Whole, Field(ge=1, le=60_000)] = Field(
        default=5_000, description="How old a signed request may be when the exchange receives it"
    )
    http_timeout_ms: Annotated[Whole, Field(ge=100, le=120_000)] = Field(
        default=10_000, description="How long one request to an exchange may take"
    )
    engine_tail_ms: Margin = Field(
        default=10_000,
        description="How long after its window an exchange may still act on a request",
    )
    clock_margin_ms: Margin = Field(
        default=1_000, description="Error of the measured clock offset that is allowed for"
    )
    not_placed_margin_ms: Margin = Field(
        default=60_000,
        description="Extra time before an order that cannot be found is called not placed",
    )
    query_lag_ms: Margin = Field(
        default=2_000,
        description="How long the queries of the exchange may not show what it has done already",
    )
    clock_max_age_ms: Interval = Field(
        default=60_000, description="Age above which the measured clock offset is measured again"
    )
    order_valid_ms: Interval = Field(
        default=60_000,
        description="How long a recorded order may wait to be sent before it is denied",
    )
    key_horizon_ms: Annotated[Whole, Field(ge=60_000, le=YEAR_MS)] = Field(
        default=604_800_000, description="How long a request key is remembered"
    )
    poll_attempts: Annotated[Whole, Field(ge=0, le=10)] = Field(
        default=5, description="Looks at a new order right after it was placed"
    )
    poll_first_ms: Interval = Field(
        default=200, description="Wait before the first of these looks; the waits grow"
    )
    monitor_interval_ms: Interval = Field(
        default=1_000, description="How often orders that are due for a look are collected"
    )
    follow_interval_ms: Watch = Field(
        default=1_000,
        description="How often the price is looked at for chased orders and for trailing stops"
        " that the exchange does not watch itself",
    )
    order_check_ms: Watch = Field(
        default=1_000,
        description="How often open orders are looked at while their stream is silent; older"
        " ones more rarely, and all as often as the request allowance permits",
    )
    stream_check_ms: Watch = Field(
        default=30_000, description="How often open orders are looked at while their stream is live"
    )
    stream_patience_ms: Interval = Field(
        default=3_000,
        description="How late a live stream may be with news that a look has found already,"
        " before it is doubted",
    )
    foreign_check_ms: Interval = Field(
        default=60_000,
        description="How often trades of others on the account are looked for while its stream"
        " is silent and orders are open",
    )
    in_doubt_check_ms: Watch = Field(
        default=1_000, description="How often an order in doubt is looked at"
    )
    due_lease_ms: Interval = Field(
        default=30_000, description="How long a worker may hold a due order before another takes it"
    )
    reconcile_interval_ms: Interval = Field(
        default=120_000, description="How often an account is compared with its exchange"
    )
    portfolio_interval_ms: Interval = Field(
        default=60_000, description="How often an account's balances and equity are recorded"
    )
    balance_max_age_ms: Interval = Field(
        default=5_000,
        description="Age above which balances are fetched again before an order is sized",
    )
    price_max_age_ms: Interval = Field(
        default=2_000, description="Age above which a price is fetched again"
    )
    instruments_max_age_ms: Interval = Field(
        default=3_600_000,
        description="Age above which the exchange's symbol rules are fetched again",
    )
    trade_lookback_ms: Interval = Field(
        default=86_400_000, description="How far back trades are fetched when the store is empty"
    )
    candle_history: Annotated[Whole, Field(ge=50, le=1_000)] = Field(
        default=499,
        description="Candles asked for at once, for all strategies; no strategy may need more",
    )
    place_wait_ms: Margin = Field(
        default=30_000, description="How long placing an order waits for its outcome"
    )
