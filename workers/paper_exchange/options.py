"""The command line of the paper exchange, checked."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from .futures.contracts import ContractRules, contract_of
from .market.replay import ReplayError, Tick, read_ticks
from .spot.accounts import ApiKey
from .spot.symbols import CATALOG, DEFAULT_SYMBOLS, SymbolRules, rules_from_price

DEFAULT_KEY = ApiKey(key="paper", secret="paper", uid=1_000_001)  # noqa: S106 - paper money
DEFAULT_BALANCES = {"USDT": Decimal(10_000)}
_LARGEST_BALANCE = Decimal(10) ** 15


class OptionError(Exception):
    """An argument is wrong; the message is the sentence for its user."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the exchange is to run."""

    host: str
    port: int  # 0: any free one
    data_dir: Path | None
    seed: int
    rules: tuple[SymbolRules, ...]
    keys: tuple[ApiKey, ...]
    balances: dict[str, Decimal]
    futures_balances: dict[str, Decimal]
    speed: float  # Market ticks, as a multiple of the usual pace
    control: bool
    frozen: bool
    replays: dict[str, list[Tick]]
    orders_per_10s: int | None  # None: what the real exchange has
    weight_per_minute: int | None

    @property
    def contracts(self) -> tuple[ContractRules, ...]:
        """Return the perpetuals beside the spot markets that may have one."""
        made = (contract_of(rule) for rule in self.rules)
        return tuple(rule for rule in made if rule is not None)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="paper-exchange",
        description="An exchange that speaks Binance spot and USDⓈ-M futures.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8700, help="port to listen on; 0 picks a free one")
    add("--data-dir", type=Path, help="folder that keeps the ledger; in memory without it")
    add("--seed", type=int, default=1, help="seed of the synthetic market")
    add("--symbols", default=DEFAULT_SYMBOLS, help="BASE/QUOTE[=PRICE], separated by commas")
    add("--account", action="append", metavar="KEY:SECRET:UID", help="a key and its account")
    add("--balance", action="append", metavar="ASSET=AMOUNT", help="what every account begins with")
    add(
        "--futures-balance",
        action="append",
        metavar="ASSET=AMOUNT",
        help="what every futures wallet begins with",
    )
    add("--speed", type=float, default=1.0, help="pace of the market, 1 is five ticks a second")
    add("--control", action="store_true", help="answer the control API under /control/")
    add("--frozen", action="store_true", help="let nothing move but by the control API")
    add(
        "--replay",
        action="append",
        type=Path,
        metavar="SYMBOL.csv",
        help="trades or candles to replay",
    )
    add(
        "--orders-per-10s",
        type=int,
        help="order limit of each account; a minute of futures: 4 times",
    )
    add("--weight-per-minute", type=int, help="request weight of each address")
    return parser


def parse_options(argv: Sequence[str]) -> Options:
    """Return the options; OptionError with one sentence for the first wrong one."""
    given = _parser().parse_args(argv)
    if not 0 <= given.port <= 65535:
        raise OptionError(f"--port: {given.port} is not a port; use 0 to 65535")
    if not 0 < given.speed <= 1000:
        raise OptionError(f"--speed: {given.speed} is not allowed; use more than 0, up to 1000")
    for name in ("orders_per_10s", "weight_per_minute"):
        if getattr(given, name) is not None and getattr(given, name) < 1:
            flag = "--" + name.replace("_", "-")
            raise OptionError(f"{flag}: {getattr(given, name)} is not allowed; use 1 or more")
    rules = _read_symbols(given.symbols)
    return Options(
        host=given.host,
        port=given.port,
        data_dir=given.data_dir,
        seed=given.seed,
        rules=rules,
        keys=tuple(map(_read_account, given.account or ())) or (DEFAULT_KEY,),
        balances=_read_balances("--balance", given.balance) or DEFAULT_BALANCES,
        futures_balances=_read_balances("--futures-balance", given.futures_balance)
        or DEFAULT_BALANCES,
        speed=given.speed,
        control=given.control,
        frozen=given.frozen,
        replays=_read_replays(given.replay or [], rules),
        orders_per_10s=given.orders_per_10s,
        weight_per_minute=given.weight_per_minute,
    )


def _read_symbols(text: str) -> tuple[SymbolRules, ...]:
    rules = {rule.symbol: rule for rule in map(_read_symbol, text.split(","))}
    return tuple(rules.values())


def _read_symbol(text: str) -> SymbolRules:
    name, has_price, price = text.strip().upper().partition("=")
    base, _, quote = name.partition("/")
    if not (base.isalnum() and quote.isalnum() and name.isascii()):
        raise OptionError(f"--symbols: {text!r} is not a market; write BASE/QUOTE, as in BTC/USDT")
    if has_price:
        return rules_from_price(base, quote, _amount("--symbols", price))
    if name not in CATALOG:
        raise OptionError(f"--symbols: {name} has no price of its own; write {name}=PRICE")
    return CATALOG[name]


def _read_replays(paths: list[Path], rules: tuple[SymbolRules, ...]) -> dict[str, list[Tick]]:
    symbols = {rule.symbol for rule in rules}
    for path in paths:
        if path.stem.upper() not in symbols:
            raise OptionError(
                f"--replay: {path.name} is not named after a market; "
                f"there are {', '.join(f'{s}.csv' for s in sorted(symbols))}"
            )
    try:
        return {path.stem.upper(): read_ticks(path) for path in paths}
    except ReplayError as error:
        raise OptionError(str(error)) from error


def _read_account(text: str) -> ApiKey:
    parts = text.split(":")
    if len(parts) != 3 or not all(parts) or not parts[2].isdigit():
        raise OptionError("--account: an account is written KEY:SECRET:UID, with a number as UID")
    return ApiKey(key=parts[0], secret=parts[1], uid=int(parts[2]))


def _read_balances(flag: str, texts: list[str] | None) -> dict[str, Decimal]:
    return dict(_read_balance(flag, text) for text in texts or ())


def _read_balance(flag: str, text: str) -> tuple[str, Decimal]:
    asset, _, amount = text.partition("=")
    if not asset.isalnum():
        raise OptionError(f"{flag}: {text!r} is not a balance; write ASSET=AMOUNT, as in USDT=100")
    return asset.upper(), _amount(flag, amount)


def _amount(flag: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("nan")
    # The range first: rounding a number of four hundred digits is an error of its own
    is_in_range = amount.is_finite() and 0 < amount <= _LARGEST_BALANCE
    if not is_in_range or amount != round(amount, 8):
        raise OptionError(
            f"{flag}: {text!r} is not an amount; use a number above 0 with at most 8 decimals"
        )
    return amount
