"""Every point of a life: the life again and again, each time with a blow at another message."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle

from engine.domain.order_status import OrderStatus
from engine.errors import UnknownOrder
from tests.crash_points.acts import wait_for_reconcile
from tests.crash_points.life import Life
from tests.crash_points.reached import nothing_is_due, reconciled
from tests.crash_points.run import Run
from tests.crash_points.variations import VARIATIONS, Variation
from tests.crash_points.verdict import find_violations, is_over
from tests.crash_points.wires import Message
from tests.crash_points.world import Kind, World


@dataclass(frozen=True, kw_only=True)
class Point:
    """What came of one life."""

    life: str
    variation: str
    message: Message | None  # The one at which it was struck; None: it ended before
    is_whole: bool  # Nothing is struck at any message, the whole life is another
    ends: tuple[OrderStatus, ...]
    violations: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        number = self.message.number if self.message else 0
        replay = f'--life "{self.life}" --variation "{self.variation}" --at {number}'
        return f"{replay}: {self.message}: {'; '.join(self.violations) or 'as it must be'}"


def undisturbed(world: World, life: Life) -> tuple[Point, list[Message]]:
    """Live without a blow; return what came of it, and its messages."""
    point = live(world, life, None, 0)
    return point, list(world.wires.messages)


def points(world: World, life: Life, variation: Variation, every: int = 1) -> Iterator[Point]:
    """Strike at every k-th message, until the life ends before it is struck."""
    messages = () if variation.times else undisturbed(world, life)[1]
    for number in numbers(variation, messages, every):
        point = live(world, life, variation, number)
        if is_unstruck(point):
            return
        yield point


def kind_for(life: Life, variation: Variation | None = None) -> Kind:
    """Return the kind of world in which such a life can be lived."""
    is_durable = variation is not None and variation.is_durable
    return Kind(market_type=life.market_type, is_durable=is_durable)


def numbers(variation: Variation, messages: Sequence[Message], every: int = 1) -> Iterator[int]:
    """Give the messages at which to strike, and go on after the last one that is known.

    Where nothing is struck at any message: the numbers of the times that the life is lived.
    """
    if variation.times:
        yield from range(1, variation.times + 1)
        return
    for at in count(1, every):
        if at > len(messages) or messages[at - 1].direction in variation.directions:
            yield at


def is_unstruck(point: Point) -> bool:
    """Tell whether the life ended before the message came at which it was to be struck."""
    return point.message is None and not point.is_whole


def choose_share(messages: Mapping[str, Sequence[Message]]) -> list[tuple[str, str, int]]:
    """Return life, variation and number of some points: each kind of change, there and back.

    A blow at a question leaves what a blow at the change before it leaves. `messages` are those
    of the undisturbed lives, by the life's name.
    """
    seen: set[tuple[str, str]] = set()
    chosen: list[tuple[str, str, int]] = []
    ways = cycle(VARIATIONS.values())
    for life, story in messages.items():
        for message in story:
            kind = (message.what, message.direction)
            if kind in seen or message.is_question:
                continue
            seen.add(kind)
            variation = next(way for way in ways if message.direction in way.directions)
            chosen.append((life, variation.name, message.number))
    return chosen


def live(world: World, life: Life, variation: Variation | None, at: int) -> Point:
    """Live once, with a blow at one message; see what stands at the end."""
    began_s = time.monotonic()
    is_whole = variation is not None and variation.times > 0
    with closing(Run(world, variation, 0 if is_whole else at)) as run:
        violations = _live_to_the_end(run, life)
        is_struck = at and world.wires.decided.is_set()
        return Point(
            life=life.name,
            variation=variation.name if variation else "",
            message=world.wires.messages[-1] if is_struck else None,
            is_whole=is_whole,
            ends=tuple(order.status for order in run.known_orders()),
            violations=(*violations, *run.surprises),
            seconds=time.monotonic() - began_s,
        )


def _live_to_the_end(run: Run, life: Life) -> tuple[str, ...]:
    """Return what is wrong then, or before."""
    try:
        life.live(run)
        run.until(is_over, "the end", partial(life.repeat, len(life.whole)))
        run.world.wires.disarm()  # The last look is no part of the life
        wait_for_reconcile(run)
        run.until(lambda run: reconciled(run) and is_over(run), "the reconcile")
        run.until(nothing_is_due, "the last look")  # Its message may be lost
        return find_violations(run)
    except (AssertionError, UnknownOrder) as error:
        return (str(error),)
