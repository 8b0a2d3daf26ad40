"""Which queue a message goes to: the lane of its task, at the egress address of its account. Pure.

Work for an account must leave from the account's own address, which may be another machine's.
So each address has queues of its own, `<lane>@<egress>`; the default one has the plain lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery.app.routes import MapRoute

from engine.config import Settings
from engine.config.egress import DEFAULT_EGRESS

#: A slow lane never holds a fast one.
LANES = (
    "emergency",
    "cancel",
    "exit",
    "submit",
    "resolve",
    "poll",
    "monitor",
    "protection",
    "signals",
    "completion",
    "archive",
)

#: One machine keeps the files of the archive: these lanes have one queue for all addresses, which
#: is served with the default one.
HOME_LANES = frozenset({"archive"})

#: The lane of each task.
LANE_OF = {
    "emergency.*": "emergency",
    "protection.*": "protection",
    "orders.cancel_order": "cancel",
    "orders.cancel_symbol": "cancel",
    "orders.submit_exit": "exit",
    "orders.submit_order": "submit",
    "orders.replace_order": "submit",
    "orders.resolve_order": "resolve",
    "orders.poll_order": "poll",
    "monitoring.*": "monitor",
    "signals.*": "signals",
    "positions.update_position": "completion",
    "portfolio.update_portfolio": "completion",
    "archive.archive_account": "archive",
}

_MARK = "@"


def queue_name(lane: str, egress: str) -> str:
    """Return the queue of a lane at one egress address."""
    is_plain = egress == DEFAULT_EGRESS or lane in HOME_LANES
    return lane if is_plain else f"{lane}{_MARK}{egress}"


def lane_queues(settings: Settings) -> dict[str, dict[str, str]]:
    """Return, as in task_queues, every lane at every address of the accounts."""
    names = [queue_name(lane, egress) for lane in LANES for egress in settings.egress_names()]
    return {name: {"exchange": name, "routing_key": name} for name in names}


def served_queues(chosen: Iterable[str], egresses: Sequence[str]) -> tuple[str, ...]:
    """Return what a worker consumes that was told these queues and serves these addresses.

    A plain lane stands for that lane at each of the addresses.
    """
    served = []
    for name in chosen:
        lane, is_one, egress = name.partition(_MARK)
        wanted = [egress] if is_one else egresses
        if lane in HOME_LANES:
            wanted = [DEFAULT_EGRESS]
        served += [queue_name(lane, each) for each in wanted if each in egresses]
    return tuple(dict.fromkeys(served))


@dataclass(frozen=True)
class EgressRoute:
    """A route of Celery's: a task whose first argument is an account goes to its address.

    All others, ticks above all, go to the plain lanes, and so does an account at the default
    address.
    """

    egress_of: Mapping[str, str]  # By account

    def __call__(
        self, name: str, args: Sequence[Any] | None = None, *_: Any, **__: Any
    ) -> dict[str, str] | None:
        lane = _ROUTE(name)
        if lane is None:
            return None
        account = args[0] if args and isinstance(args[0], str) else ""
        return {"queue": queue_name(lane["queue"], self.egress_of.get(account, DEFAULT_EGRESS))}


_ROUTE = MapRoute(LANE_OF)


def egress_route(settings: Settings) -> EgressRoute:
    """Return the route for the accounts of these settings."""
    return EgressRoute({name: account.egress for name, account in settings.accounts.items()})
