"""Request weight per address and order counts per account, in the exchange's fixed windows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .errors import ApiError

SECOND_MS, MINUTE_MS, DAY_MS = 1_000, 60_000, 86_400_000

_TOO_MUCH = (
    "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)
_BANNED = (
    "Way too much request weight used; IP banned until {until_ms}. "
    "Please use WebSocket Streams for live updates to avoid bans."
)
_TOO_MANY_ORDERS = "Too many new orders; current limit is {limit} orders per {interval}."


@dataclass(frozen=True, slots=True)
class OrderLimit:
    """One limit on the number of an account's orders."""

    name: str  # The attribute of Limits that holds the number
    header: str  # How the answer's header ends
    interval: str  # SECOND, MINUTE or DAY
    count: int  # Of these
    length_ms: int


TEN_SECONDS = OrderLimit("orders_per_10s", "10S", "SECOND", 10, 10 * SECOND_MS)
A_MINUTE = OrderLimit("orders_per_minute", "1M", "MINUTE", 1, MINUTE_MS)
A_DAY = OrderLimit("orders_per_day", "1D", "DAY", 1, DAY_MS)
SPOT_ORDER_LIMITS = (TEN_SECONDS, A_DAY)
FUTURES_ORDER_LIMITS = (TEN_SECONDS, A_MINUTE)


@dataclass(slots=True)
class Window:
    """What was used in the fixed window that began at `start_ms`."""

    length_ms: int
    start_ms: int = 0
    used: int = 0

    def at(self, now_ms: int) -> Window:
        """Begin a new window when the old one has ended."""
        start_ms = now_ms - now_ms % self.length_ms
        if start_ms != self.start_ms:
            self.start_ms, self.used = start_ms, 0
        return self

    def left_ms(self, now_ms: int) -> int:
        return self.start_ms + self.length_ms - now_ms


@dataclass(slots=True)
class Address:
    """What one address has used, and whether it is being punished."""

    weight: Window
    ignored: int = 0  # Requests sent in spite of a 429, in this window
    bans: int = 0
    banned_until_ms: int = 0


class Limits:
    """Counts and refuses. Every number may be changed while it runs."""

    def __init__(self, order_limits: tuple[OrderLimit, ...] = SPOT_ORDER_LIMITS) -> None:
        self.order_limits = order_limits
        self.weight_per_minute = 6000
        self.requests_per_5m = 300_000
        self.orders_per_10s = 100
        self.orders_per_minute = 1_200
        self.orders_per_day = 200_000
        self.ban_after_ignored = 10  # Requests after a 429 that turn it into a 418
        self.first_ban_ms = 2 * MINUTE_MS
        self.longest_ban_ms = 3 * DAY_MS
        self._addresses: dict[str, Address] = defaultdict(lambda: Address(Window(MINUTE_MS)))
        self._orders: dict[int, tuple[Window, ...]] = defaultdict(
            lambda: tuple(Window(limit.length_ms) for limit in self.order_limits)
        )

    def spend(self, address: str, weight: int, now_ms: int) -> None:
        """Count a request; ApiError 429 or 418 when the address may not ask now."""
        state = self._addresses[address]
        if state.banned_until_ms > now_ms:
            raise self._ban_error(state, now_ms)
        window = state.weight.at(now_ms)
        if not window.used:
            state.ignored = 0
        window.used += weight
        if window.used <= self.weight_per_minute:
            return
        state.ignored += 1
        if state.ignored > self.ban_after_ignored:
            self._ban(state, now_ms)
            raise self._ban_error(state, now_ms)
        raise ApiError(
            -1003,
            _TOO_MUCH.format(limit=self.weight_per_minute),
            status=429,
            retry_after_s=max(1, -(-window.left_ms(now_ms) // 1000)),
        )

    def _ban(self, state: Address, now_ms: int) -> None:
        """Ban for two minutes, doubled each time, up to three days."""
        length_ms = min(self.first_ban_ms << state.bans, self.longest_ban_ms)
        state.banned_until_ms = now_ms + length_ms
        state.bans += 1

    def _ban_error(self, state: Address, now_ms: int) -> ApiError:
        return ApiError(
            -1003,
            _BANNED.format(until_ms=state.banned_until_ms),
            status=418,
            retry_after_s=max(1, -(-(state.banned_until_ms - now_ms) // 1000)),
        )

    def refund(self, address: str, weight: int, now_ms: int) -> None:
        """Take back the weight of an order that was placed or canceled."""
        window = self._addresses[address].weight.at(now_ms)
        window.used = max(0, window.used - weight)

    def used_weight(self, address: str, now_ms: int) -> int:
        return self._addresses[address].weight.at(now_ms).used

    def check_orders(self, uid: int, now_ms: int) -> None:
        """Refuse with -1015 when the account has placed too many orders."""
        for window, limit in zip(self._orders[uid], self.order_limits, strict=True):
            allowed = self.allowed(limit)
            if window.at(now_ms).used >= allowed:
                interval = f"{limit.count} {limit.interval}"
                raise ApiError(
                    -1015,
                    _TOO_MANY_ORDERS.format(limit=allowed, interval=interval),
                    status=429,
                    retry_after_s=max(1, -(-window.left_ms(now_ms) // 1000)),
                )

    def allowed(self, limit: OrderLimit) -> int:
        """Return how many orders one of the limits allows now."""
        return int(getattr(self, limit.name))

    def count_order(self, uid: int, now_ms: int, in_one_batch: int = 1) -> None:
        """Count an order; of a batch each counts in ten seconds, and the batch once beyond."""
        for window, limit in zip(self._orders[uid], self.order_limits, strict=True):
            window.at(now_ms).used += in_one_batch if limit is TEN_SECONDS else 1

    def forgive_order(self, uid: int, now_ms: int) -> None:
        """Count one order less: the limit is on orders that have not been filled."""
        for window in self._orders[uid]:
            window.at(now_ms).used = max(0, window.used - 1)

    def order_counts(self, uid: int, now_ms: int) -> tuple[int, ...]:
        """Return the orders counted in the present window of each limit."""
        return tuple(window.at(now_ms).used for window in self._orders[uid])

    def forget(self) -> None:
        """Begin every window anew and lift every ban."""
        self._addresses.clear()
        self._orders.clear()
