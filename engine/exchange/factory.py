"""Build the gateway of one account from its settings. The only place that picks a dialect."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from engine.config.accounts import AccountSettings, Mode
from engine.config.execution import ExecutionSettings
from engine.config.stream import StreamSettings
from engine.errors import ConfigurationError
from engine.exchange.abilities import ABILITIES, find_abilities
from engine.exchange.binance.futures import BinanceFutures
from engine.exchange.binance.futures_stream import FUTURES_STREAM
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.binance.spot_stream import SPOT_STREAM
from engine.exchange.client import Client, ClientSettings
from engine.exchange.clock import ExchangeClock
from engine.exchange.dialect import Dialect
from engine.exchange.gateway import CcxtGateway
from engine.exchange.streams.dialect import StreamDialect
from engine.exchange.wire import OnBan, OnKeyRefused, Wire
from engine.ports import Abilities, Budget, Clock, ExchangeAnswers, Random, UserStream

#: The venue name of the paper exchange: the same after a restart on another port.
PAPER_VENUE = "paper"

#: (exchange, market type) -> how it speaks.
DIALECTS: dict[tuple[str, str], type[BinanceSpot | BinanceFutures]] = {
    ("binance", "spot"): BinanceSpot,
    ("binance", "swap"): BinanceFutures,
}
#: (exchange, market type) -> how its user stream speaks.
STREAM_DIALECTS: dict[tuple[str, str], StreamDialect] = {
    ("binance", "spot"): SPOT_STREAM,
    ("binance", "swap"): FUTURES_STREAM,
}


def build_gateway(
    account: AccountSettings,
    execution: ExecutionSettings,
    *,
    endpoint: str | None,
    source_address: str | None = None,
    budget_for: Callable[[Abilities, Callable[[], int]], Budget],
    answers: ExchangeAnswers,
    clock: Clock,
    random: Random,
    on_ban: OnBan | None = None,
    on_key_refused: OnKeyRefused | None = None,
) -> CcxtGateway:
    """Return a gateway that nothing was asked of yet; call it after the fork.

    `budget_for` gets the abilities and the exchange's clock, in whose time the windows turn;
    `answers` are those that all processes share. `endpoint` is the host that replaces the
    exchange's own (`Settings.endpoint(account)`), None for the exchange's; `source_address` the
    address of this machine that connections are bound to; `on_ban` hears when the exchange blocks
    the address, `on_key_refused` when it refuses the key. Raises ConfigurationError for an
    exchange or a market that is not known.
    """
    abilities = account_abilities(account, endpoint)
    dialect = _build_dialect(account)
    exchange_clock = ExchangeClock(clock, execution.clock_max_age_ms)
    wire = Wire(
        client=Client(
            _client_settings(account, execution, endpoint, source_address),
            exchange_clock.signing_time_ms,
        ),
        dialect=dialect,
        budget=budget_for(abilities, exchange_clock.now_ms),
        clock=clock,
        random=random,
        exchange_clock=exchange_clock,
        on_ban=on_ban,
        on_key_refused=on_key_refused,
    )
    return CcxtGateway(
        account=account.name,
        abilities=abilities,
        dialect=dialect,
        wire=wire,
        clock=clock,
        answers=answers,
        instruments_max_age_ms=execution.instruments_max_age_ms,
        margin_mode=account.margin_mode,
    )


def account_abilities(account: AccountSettings, endpoint: str | None) -> Abilities:
    """Return what the account's venue can do.

    Raises ConfigurationError for an exchange or a market that is not known.
    """
    venue = venue_name(account.exchange, account.mode, endpoint)
    abilities = find_abilities(account.exchange, account.market_type, venue)
    if abilities is None:
        raise ConfigurationError(_unknown(account))
    return abilities


def list_intervals(account: AccountSettings) -> tuple[str, ...]:
    """Return the lengths of candles that the account's exchange has, e.g. "1m".

    Raises ConfigurationError for an exchange that is not known.
    """
    account_abilities(account, None)
    return _build_dialect(account).intervals


def build_user_stream(
    account: AccountSettings,
    execution: ExecutionSettings,
    stream: StreamSettings,
    *,
    endpoint: str | None,
    source_address: str | None = None,
    gateway: CcxtGateway,
    clock: Clock,
) -> UserStream:
    """Return a user stream that is not connected yet.

    `gateway` is of the same account and the stream's alone: it is asked in threads, for the
    allowance, the clock and the symbols, and closed with the stream.
    """
    # Only who listens pays for the asynchronous half: 9 MB and a quarter of a second
    from engine.exchange.streams.user_stream import CcxtUserStream, StreamLimits

    return CcxtUserStream(
        gateway=gateway,
        dialect=STREAM_DIALECTS[account.exchange, account.market_type],
        settings=_client_settings(account, execution, endpoint, source_address),
        limits=StreamLimits(
            ping_ms=stream.ping_ms,
            silence_ms=stream.silence_ms,
            max_age_ms=stream.max_age_ms,
            queue=stream.queue,
        ),
        clock=clock,
    )


def venue_name(exchange: str, mode: Mode, endpoint: str | None) -> str:
    """Return the name of the ledger that an account's orders go to. Pure.

    It becomes part of every id, so it must not change by itself: the paper exchange is "paper" on
    any port, a live account keeps its name behind a proxy, and any other host is its own venue.
    """
    if mode is Mode.PAPER:
        return PAPER_VENUE
    if mode is Mode.LIVE:
        return exchange
    if mode is Mode.TESTNET:
        return f"{exchange}-testnet"
    return f"{exchange}@{urlsplit(endpoint or '').netloc}"


def _build_dialect(account: AccountSettings) -> Dialect:
    build = DIALECTS[account.exchange, account.market_type]
    return build(has_key_restrictions=account.mode is not Mode.TESTNET)


def _client_settings(
    account: AccountSettings,
    execution: ExecutionSettings,
    endpoint: str | None,
    source_address: str | None,
) -> ClientSettings:
    return ClientSettings(
        exchange=account.exchange,
        market_type=account.market_type,
        api_key=account.api_key.get_secret_value(),
        secret=account.secret.get_secret_value(),
        timeout_ms=execution.http_timeout_ms,
        recv_window_ms=execution.recv_window_ms,
        base_url=endpoint,
        source_address=source_address,
        testnet=account.mode is Mode.TESTNET,
    )


def _unknown(account: AccountSettings) -> str:
    known = ", ".join(f"{exchange} ({market_type})" for exchange, market_type in ABILITIES)
    return (
        f"Account {account.name} names exchange {account.exchange!r} with market_type"
        f" {account.market_type!r}; known are: {known}."
    )
