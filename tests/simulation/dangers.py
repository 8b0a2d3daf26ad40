"""What may go wrong in one world, and how often. Drawn from the world's own dice.

Each world has some of the dangers and lacks others: all of them at once would keep lives from
getting far enough to meet the later ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace

#: Each danger is in so many of the worlds.
SHARE = 0.5
#: The worlds in which nothing goes wrong but the order of things.
QUIET_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class Dangers:
    """Probabilities: of each call, message or request, unless a line says otherwise."""

    # A process, at each of its calls
    crash: float = 0.004
    doze: float = 0.004  # Asleep for seconds: past a lease, or the window of a request
    weary: float = 0.1  # Asleep before the one call that the world's processes are weary of
    # The store
    reply_lost: float = 0.01  # The command ran, or did not; nobody says
    store_refused: float = 0.003
    script_doubled: float = 0.01  # It runs twice; the second answer is the one that comes
    store_lost: float = 0.02  # Each second: everything, or the newest writes; another server
    # Messages between processes
    message_lost: float = 0.1
    message_doubled: float = 0.15
    message_late: float = 0.1
    # Requests to the exchange
    not_connected: float = 0.02
    request_lost: float = 0.04
    answer_lost: float = 0.06
    answer_odd: float = 0.04  # Not the exchange's own word, whatever it did
    request_late: float = 0.03  # Beyond the patience of who asked
    request_doubled: float = 0.05  # Of an order that rests: refused, since its id is in use
    copy_refused: float = 0.03  # Of anything that acted: a copy came too late, and was answered
    busy: float = 0.02  # A refusal that passes: clock, traffic
    budget_spent: float = 0.02
    answers_forgotten: float = 0.1  # What processes share of an exchange's answers
    # The user stream
    news_lost: float = 0.1
    news_doubled: float = 0.1
    news_late: float = 0.2
    stream_cut: float = 0.05
    # People and others
    halt: float = 0.03  # Each second
    emergency: float = 0.03  # Each second: everything is to end
    stranger: float = 0.1  # Each second: a trade of somebody else on the account


#: A world is weary of one of these: before them a nap does the most harm, and over all calls it
#: would hardly ever come there.
WEARY_OF = (
    *("claim", "POST order", "GET time", "GET openOrders", "commit", "record", "load_risk_book"),
    *("claim_outbox", "finish_outbox", "save_position", "finish_reconcile"),
)

#: Nothing goes wrong any more: how a world ends.
CALM = Dangers(**{one.name: 0.0 for one in fields(Dangers)})


def draw_dangers(dice: random.Random) -> Dangers:
    """Return the dangers of a world: each as often as written, rarer, or not at all."""
    if dice.random() < QUIET_SHARE:
        return CALM
    drawn = Dangers()
    for one in fields(Dangers):
        share = dice.choice((0.3, 1.0, 2.0)) if dice.random() < SHARE else 0.0
        drawn = replace(drawn, **{one.name: getattr(drawn, one.name) * share})
    return drawn
