"""What the caller asks for: seeded orders of every kind, over many symbols. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from engine.domain.fill import Side
from workers.chaos.deck import Deck
from workers.chaos.market import CONTRACTS, FUTURES, GUARDED, SPOT, SYMBOLS


class Kind(StrEnum):
    """An order as a caller thinks of it."""

    MARKET = "market"
    QUOTE = "market by quote amount"
    CROSSING = "limit that trades at once"
    NEAR = "limit that the market may reach"
    FAR = "limit that rests until it is canceled"
    POST_ONLY = "limit that must rest"
    IOC = "immediate or cancel"
    FOK = "fill or kill"
    STOP = "stop that the market may trigger"
    TAKE_PROFIT = "take profit that the market may trigger"
    REDUCE = "market that only makes a position smaller"
    BRACKET = "market with a stop and a target"
    NEAR_BRACKET = "limit that the market may reach, with a stop and a target"
    CHASED = "limit that keeps to the best price"
    TRAILING = "stop that follows the market"
    PAIR_LIMIT = "limit of a pair of which one cancels the other"
    PAIR_STOP = "stop of such a pair"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One order, before anybody knows a price."""

    symbol: str
    side: Side
    kind: Kind
    notional: Decimal  # Quote currency
    distance: Decimal  # From the price of the moment, as a fraction of it
    lasts_ms: int | None = None  # Its end is wished so long after it was recorded


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the caller does with one id: one order, or a group; repeats; a change, a cancel."""

    at: int  # Orders that were begun before it
    account: str
    key: str  # The caller's id
    wishes: tuple[Wish, ...]  # Several: a group
    repeats_at_once: int = 0  # Further calls with the same id, side by side
    repeat_after: int | None = None  # One more, so many orders later
    change_after: int | None = None  # So many orders later, where an order still rests
    cancel_after: int | None = None

    @property
    def is_pair(self) -> bool:
        """Tell whether of its two orders one cancels the other."""
        return self.wishes[0].kind in PAIR


#: How far from the price, in hundredths of a percent: a second moves the market by about five.
NEAR_BPS, TRIGGER_BPS, FAR_BPS, BRACKET_BPS = (2, 20), (5, 60), (200, 900), (25, 90)
#: A trailing stop is as far away in steps of ten of them.
TRAILING_BPS = (10, 60)
#: Quote currency; contracts have larger steps.
SMALLEST, LARGEST, LARGER = 20, 400, 130
#: The first order of a symbol is bought large, so that there is something to sell.
FIRST = Decimal(4_000)
#: Each is as frequent as it stands here. Coins are not borrowed, contracts have no amounts.
_KINDS = (*([Kind.MARKET] * 3), *([Kind.NEAR] * 3), *Kind)
PAIR = (Kind.PAIR_LIMIT, Kind.PAIR_STOP)
KINDS = tuple(kind for kind in _KINDS if kind not in {Kind.REDUCE, *PAIR})
CONTRACT_KINDS = tuple(kind for kind in _KINDS if kind not in {Kind.QUOTE, *PAIR})
BRACKETS = (Kind.BRACKET, Kind.NEAR_BRACKET)
#: What may rest for long enough to be changed, or to reach its time limit.
RESTING = frozenset({Kind.NEAR, Kind.FAR, Kind.POST_ONLY, Kind.STOP, Kind.TAKE_PROFIT})
#: One task in three is about contracts.
ACCOUNTS = (SPOT, SPOT, FUTURES)
GROUP_EVERY, LARGEST_GROUP, LIMIT_EVERY, PAIR_EVERY = 12, 4, 4, 12
LATEST_REPEAT, LATEST_CHANGE, LATEST_CANCEL = 40, 20, 60
LIMITS_MS = (1_000, 10_000)


def draw_tasks(orders: int, seed: int) -> tuple[Task, ...]:
    """Return what the caller does: exactly so many orders, the same ones for the same seed."""
    dice = random.Random(f"tasks {seed}")
    wishes = {
        SPOT: _Wishes(dice, SYMBOLS, KINDS),
        FUTURES: _Wishes(dice, CONTRACTS, CONTRACT_KINDS),
    }
    accounts = Deck(ACCOUNTS, dice)
    tasks: list[Task] = []
    begun = 0
    while begun < orders:
        left = orders - begun
        account, key = accounts.draw(), f"chaos-{seed}-{len(tasks)}"
        is_pair = left > 1 and dice.randrange(PAIR_EVERY) == 0
        drawn = wishes[account].draw_pair() if is_pair else ()
        drawn = drawn or wishes[account].draw(min(_draw_size(dice), left))
        tasks.append(_draw_task(dice, begun, account, key, drawn))
        begun += len(drawn)
    return tuple(tasks)


class _Wishes:
    """Wishes that are more or less possible: what is sold was bought before."""

    def __init__(
        self, dice: random.Random, symbols: tuple[str, ...], kinds: tuple[Kind, ...]
    ) -> None:
        self._dice = dice
        self._symbols = Deck(symbols, dice)
        self._kinds = Deck(kinds, dice)
        self._brackets = Deck(BRACKETS, dice)
        self._known = set(GUARDED)

    def draw(self, size: int) -> tuple[Wish, ...]:
        return tuple(self._draw_one(self._symbols.draw()) for _ in range(size))

    def draw_pair(self) -> tuple[Wish, ...]:
        """Return a limit order and a stop alike; none where every order is a bracket, or is due."""
        symbol = self._symbols.draw()
        if symbol in GUARDED or symbol not in self._known:
            return ()
        first = Wish(
            symbol=symbol,
            side=self._dice.choice((Side.BUY, Side.SELL)),
            kind=Kind.PAIR_LIMIT,
            notional=Decimal(self._dice.randint(SMALLEST, LARGEST)) + _least(symbol),
            distance=Decimal(self._dice.randint(*TRIGGER_BPS)) / 10_000,
        )
        return first, replace(first, kind=Kind.PAIR_STOP)

    def _draw_one(self, symbol: str) -> Wish:
        if symbol not in self._known:
            self._known.add(symbol)
            return Wish(
                symbol=symbol,
                side=Side.BUY,
                kind=Kind.MARKET,
                notional=FIRST,
                distance=Decimal(0),
            )
        kind = (self._brackets if symbol in GUARDED else self._kinds).draw()
        is_limited = kind in RESTING and self._dice.randrange(LIMIT_EVERY) == 0
        side = self._dice.choice((Side.BUY, Side.SELL))
        # Coins are not borrowed: there a position is entered by buying
        is_long_only = kind in BRACKETS and symbol not in CONTRACTS
        return Wish(
            symbol=symbol,
            side=Side.BUY if is_long_only else side,
            kind=kind,
            notional=Decimal(self._dice.randint(SMALLEST, LARGEST)) + _least(symbol),
            distance=Decimal(self._dice.randint(*_range_of(kind))) / 10_000,
            lasts_ms=self._dice.randint(*LIMITS_MS) if is_limited else None,
        )


def _least(symbol: str) -> int:
    return LARGER if symbol in CONTRACTS else 0


def _range_of(kind: Kind) -> tuple[int, int]:
    if kind in {Kind.STOP, Kind.TAKE_PROFIT}:
        return TRIGGER_BPS
    if kind in BRACKETS:
        return BRACKET_BPS
    if kind is Kind.TRAILING:
        return TRAILING_BPS
    return FAR_BPS if kind is Kind.FAR else NEAR_BPS


def _draw_size(dice: random.Random) -> int:
    return dice.randint(2, LARGEST_GROUP) if dice.randrange(GROUP_EVERY) == 0 else 1


def _draw_task(
    dice: random.Random, at: int, account: str, key: str, wishes: tuple[Wish, ...]
) -> Task:
    repeats_at_once = dice.choices((0, 1, 3), (85, 10, 5))[0]
    repeat_after = dice.randint(1, LATEST_REPEAT) if dice.random() < 0.2 else None
    change_after = dice.randint(1, LATEST_CHANGE) if dice.random() < 0.3 else None
    cancel_after = dice.randint(1, LATEST_CANCEL) if dice.random() < 0.4 else None
    return Task(
        at=at,
        account=account,
        key=key,
        wishes=wishes,
        repeats_at_once=repeats_at_once,
        repeat_after=repeat_after,
        change_after=change_after,
        cancel_after=cancel_after,
    )
