"""What a sweep has to do, and which lists a look asks for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.domain.look import LookMemory, Wait
from engine.domain.order_status import OrderStatus
from engine.domain.position import moved_by_trade, split_symbol
from engine.domain.report import Balances
from engine.domain.rivalry import is_to_end
from engine.domain.watched import Watched
from engine.execution.schedule import wait_ms
from engine.ports import QueryWeights


@dataclass(frozen=True, kw_only=True)
class Work:
    """Due orders by what they need; an order may need two things."""

    unsent: list[Watched]
    to_replace: list[Watched]  # Ended, and another order is to be recorded in their place
    to_follow: list[Watched]  # The price of now may change them
    in_doubt: list[Watched]
    to_cancel: list[Watched]  # Open or waiting, and somebody or their rival wishes their end
    without_trades: list[Watched]  # The exchange reports more filled than is booked
    left: list[Watched]  # Left the list of open orders before, and waited long enough
    needs_look: bool


def sort_work(
    due: Iterable[Watched], watched: Mapping[str, Watched], memory: LookMemory, now_ms: int
) -> Work:
    """Return what is to do; an open order that the last look covers needs nothing.

    `watched` are all orders by their client id: one that left the list has no due time of its own.
    """
    entries = tuple(due)
    is_open = tuple(entry for entry in entries if entry.is_open)
    ready = (watched.get(name) for name, wait in memory.left.items() if wait.until_ms <= now_ms)
    return Work(
        unsent=[
            one for one in entries if one.status is OrderStatus.INITIALIZED and not one.is_waiting
        ],
        to_replace=[one for one in entries if one.awaits_successor],
        to_follow=[one for one in entries if one.is_followed],
        in_doubt=[one for one in entries if one.is_in_doubt],
        to_cancel=[one for one in entries if _is_wished(one) or _is_outdone(one, watched)],
        without_trades=[one for one in entries if one.lacks_trades],
        left=[entry for entry in ready if entry is not None and entry.is_open],
        needs_look=bool(is_open) and memory.next_ms <= now_ms,
    )


def _is_wished(entry: Watched) -> bool:
    """Tell whether a wish is to be carried out here; what is to be sent meets it on its way out.

    Nobody sends one that waits for its price: its message lost, it would be watched for ever.
    """
    is_ours_to_end = entry.is_open or entry.is_waiting
    return is_ours_to_end and entry.cancel_requested_at_ms is not None


def _is_outdone(entry: Watched, watched: Mapping[str, Watched]) -> bool:
    """Tell whether something is to be done about one of two rivals for what the other did.

    One that is not watched any more is over.
    """
    if entry.rival_id == "":
        return False
    rival = watched.get(entry.rival_id)
    if rival is None or (entry.awaits_comparison and rival.is_closed):
        return True
    return is_to_end(entry, rival) or is_to_end(rival, entry)


def missed(wait: Wait | None, now_ms: int, first_ms: int) -> Wait:
    """Return the wait after one more question that brought nothing."""
    tries = wait.tries if wait else 0
    return Wait(tries=tries + 1, until_ms=now_ms + wait_ms(tries + 1, first_ms))


def is_waiting(wait: Wait | None, now_ms: int) -> bool:
    return wait is not None and now_ms < wait.until_ms


# ---- which lists -----------------------------------------------------------------------------


def list_weight(symbols: Collection[str], weights: QueryWeights) -> int:
    """Return what it takes at least to list the open orders of all these symbols."""
    return min(weights.open_orders, len(symbols) * weights.open_orders_of_symbol)


def choose_lists(symbols: Collection[str], weights: QueryWeights) -> tuple[str | None, ...]:
    """Return the symbols to list one by one; (None,) where all at once is cheaper."""
    if len(symbols) * weights.open_orders_of_symbol > weights.open_orders:
        return (None,)
    return tuple(sorted(symbols))


def probe_pays(symbols: Collection[str], stale: Collection[str], weights: QueryWeights) -> bool:
    """Tell whether balances, which move with every fill and cancel, are the cheaper look."""
    return bool(set(symbols) - set(stale)) and list_weight(symbols, weights) > weights.balances


def stale_symbols(
    symbols: Iterable[str], memory: LookMemory, now_ms: int, full_ms: int
) -> frozenset[str]:
    """Return the symbols whose open orders were not listed for so long."""
    listed = memory.listed_at_ms
    return frozenset(name for name in symbols if now_ms - listed.get(name, 0) >= full_ms)


def describe_holdings(balances: Balances) -> dict[str, str]:
    """Return free and used of each asset: any fill, cancel or new order changes one of them."""
    held = {name: plain(quantity) for name, quantity in balances.positions.items()}
    return held | {
        asset: f"{plain(held.free)} {plain(held.used)}" for asset, held in balances.assets.items()
    }


def describe_totals(balances: Balances) -> dict[str, str]:
    """Return the total of each asset and position: only trades and transfers change it."""
    return {name: plain(total) for name, total in balances.totals.items()}


def changed_assets(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    return frozenset(asset for asset in {*before, *after} if before.get(asset) != after.get(asset))


def pointed_symbols(
    symbols: Iterable[str],
    before: Mapping[str, str] | None,
    after: Mapping[str, str],
    is_explained: bool,
) -> frozenset[str]:
    """Return the symbols that holdings point at; all where there were none to compare with."""
    if before is None:
        return frozenset(symbols)
    return changed_symbols(symbols, changed_assets(before, after), is_explained=is_explained)


def changed_symbols(
    symbols: Iterable[str], changed: Collection[str], *, is_explained: bool
) -> frozenset[str]:
    """Return the symbols in which something may have happened, by the assets that moved.

    A fill moves the base asset, of a contract the position. Where only quote assets moved, an
    order to buy came or went, in any symbol; that tells nothing when orders of ours changed since
    (`is_explained`).
    """
    names = tuple(symbols)
    moved = {market_of(name) for name in changed} | set(changed)
    by_base = frozenset(name for name in names if moved_by_trade(name) in moved)
    if by_base or not changed or is_explained:
        return by_base
    return frozenset(name for name in names if split_symbol(name)[1] in changed)
