"""The paper exchange as a real process, for tests: start it, break it, read its true ledger."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

from tests.forked_exchange import ForkedExchange

#: How long the process may take to end by itself.
GRACE_S = 10.0
_READY = "paper exchange ready on "
_ROOT = Path(__file__).resolve().parent.parent

Number = Decimal | str | int


class PaperControlError(Exception):
    """The control API refused a command; the message is its sentence."""


class PaperControl:
    """The control API of one paper exchange. Amounts are Decimals, strings or ints."""

    def __init__(self, host: str, port: int, market_type: str = "spot") -> None:
        self._host = host
        self._port = port
        self._market_type = market_type

    @property
    def futures(self) -> PaperControl:
        """Return the same control, whose commands are about the futures market."""
        return PaperControl(self._host, self._port, "futures")

    def call(self, command: str, parameters: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Carry out a command; PaperControlError with its sentence when it is refused."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            given = {**(parameters or {}), "market_type": self._market_type}
            body = json.dumps(given, default=str)
            connection.request("POST", f"/control/{command}", body)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise PaperControlError(answer.get("error", answer))
        return answer

    # The market

    def set_price(self, symbol: str, price: Number) -> None:
        """Move the market of `symbol` (BTCUSDT): orders it goes through fill whole."""
        self.call("set_price", {"symbol": symbol, "price": price})

    def set_book(
        self,
        symbol: str,
        bids: Sequence[tuple[Number, Number]],
        asks: Sequence[tuple[Number, Number]],
    ) -> None:
        """Replace the crowd's quotes (price, quantity); crossing ones trade with users first."""
        self.call("set_book", {"symbol": symbol, "bids": bids, "asks": asks})

    def fill(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        quantity: Number | None = None,
    ) -> Decimal:
        """Fill a resting order (all of it by default); return its filled quantity."""
        answer = self.call("fill", _of_order(symbol, order_id, client_order_id, quantity=quantity))
        return Decimal(answer["filled_quantity"])

    def advance(self, ticks: int = 1) -> None:
        """Move every market by so many steps of its seeded path."""
        self.call("advance", {"ticks": ticks})

    def set_symbol(self, symbol: str, **changes: object) -> None:
        """Change `status`, `max_orders`, `max_position`, `tick_size` … of a market."""
        self.call("set_symbol", {"symbol": symbol, **changes})

    def set_mark_price(self, symbol: str, price: Number | None) -> None:
        """Hold a contract's mark price (futures); None lets it follow the last price again."""
        self.call("set_mark_price", {"symbol": symbol, "price": price})

    # Accounts

    def cancel(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        new_client_order_id: str = "",
    ) -> str:
        """Cancel as another client of the account would; return the id that replaced the old."""
        extra = {"new_client_order_id": new_client_order_id} if new_client_order_id else {}
        answer = self.call("cancel", _of_order(symbol, order_id, client_order_id, **extra))
        return str(answer["client_order_id"])

    def place(self, parameters: Mapping[str, str], *, key: str = "paper") -> dict[str, Any]:
        """Place an order by Binance's parameters, as another client of the account would."""
        return self.call("place", {"key": key, "parameters": dict(parameters)})

    def expire(
        self,
        symbol: str,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        status: str = "EXPIRED",
        reason: str = "EXCHANGE_CANCELED",
    ) -> None:
        """End an open order as the exchange itself does: EXPIRED or EXPIRED_IN_MATCH."""
        ending = {"status": status, "reason": reason}
        self.call("expire", _of_order(symbol, order_id, client_order_id, **ending))

    def deposit(self, asset: str, amount: Number, *, uid: int = 1_000_001) -> None:
        """Add to an account; below zero takes away."""
        self.call("transfer", {"uid": uid, "asset": asset, "amount": amount})

    def withdraw(self, asset: str, amount: Number, *, uid: int = 1_000_001) -> None:
        """Take from an account; refused when it is more than what is free."""
        self.deposit(asset, -Decimal(amount), uid=uid)

    def open_account(
        self,
        key: str,
        secret: str,
        uid: int,
        balances: Mapping[str, Number] | None = None,
        *,
        futures_balances: Mapping[str, Number] | None = None,
        **permissions: bool,
    ) -> None:
        """Add a key and, when the uid is new, its accounts on both markets."""
        held = {"balances": balances or {}, "futures_balances": futures_balances or {}}
        fields = {"key": key, "secret": secret, "uid": uid, **held}
        self.call("open_account", {**fields, **permissions})

    def set_account(self, uid: int = 1_000_001, **changes: object) -> None:
        """Change `maker_rate`, `taker_rate`, `fee_asset`, `can_trade` of an account."""
        self.call("set_account", {"uid": uid, **changes})

    # The exchange

    def set_limits(self, **changes: object) -> None:
        """Change `weight_per_minute`, `orders_per_10s`, … ; `forget=True` begins anew."""
        self.call("set_limits", changes)

    def set_clock(self, offset_ms: int) -> None:
        """Put the exchange's clock before (above zero) or behind this machine's."""
        self.call("set_clock", {"offset_ms": offset_ms})

    def set_next_id(self, symbol: str, series: str, number: int) -> None:
        """Let the next order or trade (`series`) of a market have this number."""
        self.call("set_next_id", {"symbol": symbol, "series": series, "number": number})

    def set_read_lag(self, lag_ms: int) -> None:
        """Let queries of orders and trades show the state of so long ago."""
        self.call("set_read_lag", {"lag_ms": lag_ms})

    def reset(self) -> None:
        """Forget all orders, trades and balances, as the testnet does."""
        self.call("reset")

    def add_fault(self, **rule: object) -> None:
        """Add a rule for requests; its fields are those of RequestFault in control/faults.py."""
        self.call("add_fault", rule)

    def add_stream_fault(self, action: str, **rule: object) -> None:
        """Add a rule for pushed events; fields of StreamFault in control/stream_faults.py."""
        self.call("add_stream_fault", {"action": action, **rule})

    def drop_before(self, command: str | None = "order.place", **rule: object) -> None:
        """Close the connection of the next such request; nothing happens."""
        self.add_fault(command=command, effect=False, answer="drop", **rule)

    def drop_after(self, command: str | None = "order.place", **rule: object) -> None:
        """Close the connection of the next such request after it has taken effect."""
        self.add_fault(command=command, answer="drop", **rule)

    def answer_status(
        self, status: int, body: str = "", command: str = "order.place", **rule: object
    ) -> None:
        """Answer the next such request with a status; `effect=False` for one that does nothing."""
        self.add_fault(command=command, answer="status", status=status, body=body, **rule)

    def clear_faults(self) -> None:
        """Take every rule for requests and streams out; connections already hanging stay so."""
        self.call("clear_faults")

    def disconnect_streams(self) -> int:
        """Hang up on every listening WebSocket; return how many there were."""
        return int(self.call("disconnect_streams")["disconnected"])

    def end_streams(self, event: str, *, close: bool = False) -> int:
        """Announce `serverShutdown` or `eventStreamTerminated`; return how many were told."""
        return int(self.call("end_streams", {"event": event, "close": close})["told"])

    def fund(self, symbol: str, rate: Number | None = None) -> None:
        """Settle a contract's funding now, at `rate` or at its own."""
        self.call("fund", {"symbol": symbol, "rate": rate})

    def set_funding_rate(self, symbol: str, rate: Number) -> None:
        """Set the rate of the fundings to come; below zero the shorts pay."""
        self.call("set_funding_rate", {"symbol": symbol, "rate": rate})

    def liquidate(self, symbol: str, side: str = "BOTH", *, uid: int = 1_000_001) -> None:
        """Take a futures position over as if its margin were used up."""
        self.call("liquidate", {"uid": uid, "symbol": symbol, "side": side})

    def adl(
        self,
        symbol: str,
        side: str = "BOTH",
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        uid: int = 1_000_001,
    ) -> None:
        """Deleverage a futures position (all of it, at the mark price, by default)."""
        where = {"uid": uid, "symbol": symbol, "side": side}
        self.call("adl", {**where, "quantity": quantity, "price": price})

    def settle(self, symbol: str, price: Number | None = None) -> None:
        """End a contract: orders expire, positions close at `price` or at the mark price."""
        self.call("settle", {"symbol": symbol, "price": price})

    def hold_triggers(self, delay_ms: int) -> None:
        """Let conditional orders of futures be TRIGGERING for so long."""
        self.call("hold_triggers", {"delay_ms": delay_ms})

    def expire_listen_keys(self) -> None:
        """Let every listen key of futures end: its streams stay open and fall silent."""
        self.call("expire_listen_keys")

    def stream_fault_hits(self) -> list[int]:
        """Return how often each rule for pushed events has struck, in their order."""
        return list(self.call("faults")["stream_hits"])

    def fault_hits(self) -> list[int]:
        """Return how often each rule for requests has struck, in the order they were added."""
        return list(self.call("faults")["hits"])

    # What is true

    def ledger(self) -> dict[str, Any]:
        """Return accounts, orders, trades and last prices, every number a string."""
        return self.call("ledger")

    def orders(self) -> list[dict[str, Any]]:
        return list(self.ledger()["orders"])

    def trades(self) -> list[dict[str, Any]]:
        return list(self.ledger()["trades"])

    def position(self, symbol: str, side: str = "BOTH", *, uid: int = 1_000_001) -> dict[str, str]:
        """Return a position of the futures market; a flat one has a quantity of zero."""
        rows = self.ledger()["accounts"][str(uid)]["positions"]
        flat = {"quantity": "0.00000000", "entry_price": "0.00000000"}
        return next((r for r in rows if (r["symbol"], r["side"]) == (symbol, side)), flat)

    def wallet(self, asset: str = "USDT", *, uid: int = 1_000_001) -> Decimal:
        """Return the wallet balance of a futures account."""
        return Decimal(self.ledger()["accounts"][str(uid)]["wallets"].get(asset, "0"))

    def balances(self, uid: int = 1_000_001) -> dict[str, dict[str, str]]:
        """Return asset -> free and locked of an account."""
        return dict(self.ledger()["accounts"][str(uid)]["balances"])

    def stats(self) -> dict[str, Any]:
        """Return what was asked of the exchange, orders by client id included."""
        return self.call("stats")

    def clear_stats(self) -> None:
        self.call("clear_stats")


def _of_order(
    symbol: str, order_id: int | None, client_order_id: str | None, **extra: object
) -> dict[str, object]:
    return {
        "symbol": symbol,
        "order_id": order_id,
        "client_order_id": client_order_id,
        **extra,
    }


@dataclass(kw_only=True)
class PaperExchange:
    """A paper exchange on a free port of this machine; use it with `with`."""

    control_api: bool = True
    frozen: bool = True
    seed: int = 1
    symbols: str | None = None  # BTC/USDT,ETH/USDT
    accounts: Sequence[str] = ()  # KEY:SECRET:UID
    balances: Sequence[str] = ()  # USDT=10000
    futures_balances: Sequence[str] = ()
    data_dir: Path | None = None
    replay: Sequence[Path] = ()
    speed: float | None = None
    #: Ample by default: tests of other things must not meet the order limit.
    orders_per_10s: int = 100_000
    weight_per_minute: int = 1_000_000
    port: int = 0  # The real one once started
    process: ForkedExchange = field(init=False)
    control: PaperControl = field(init=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def arguments(self) -> list[str]:
        """Return the arguments of the command line."""
        options: list[str] = ["--port", str(self.port), "--seed", str(self.seed)]
        options += ["--orders-per-10s", str(self.orders_per_10s)]
        options += ["--weight-per-minute", str(self.weight_per_minute)]
        options += ["--control"] * self.control_api + ["--frozen"] * self.frozen
        for flag, value in (
            ("--symbols", self.symbols),
            ("--data-dir", self.data_dir),
            ("--speed", self.speed),
        ):
            options += [flag, str(value)] if value is not None else []
        for flag, values in (
            ("--account", self.accounts),
            ("--balance", self.balances),
            ("--futures-balance", self.futures_balances),
            ("--replay", self.replay),
        ):
            for value in values:
                options += [flag, str(value)]
        return options

    def start(self) -> PaperExchange:
        """Start the process and wait until it answers."""
        self.process = ForkedExchange(self.arguments(), str(_ROOT))
        line = self.process.stdout.readline()
        if not line.startswith(_READY):
            self.stop()
            raise AssertionError(f"the paper exchange did not start: {line!r}")
        self.port = int(line.rsplit(":", 1)[1])
        self.control = PaperControl("127.0.0.1", self.port)
        return self

    def make_up_past(self, symbols: Iterable[str]) -> None:
        """Ask for each market's day once: its past is made up at the first question, slowly."""
        for symbol in symbols:
            urlopen(f"{self.base_url}/api/v3/ticker/24hr?symbol={symbol}", timeout=60).close()

    def kill(self) -> None:
        """End the process as a power cut does: at once, without a word."""
        self.process.kill()

    def stop(self) -> None:
        """End the process as Ctrl-C does."""
        self.process.terminate(GRACE_S)

    def restart(self) -> None:
        """Start again on the same port, after `kill` or while it runs."""
        self.stop()
        self.start()

    def __enter__(self) -> PaperExchange:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
