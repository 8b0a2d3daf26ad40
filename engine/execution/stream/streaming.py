"""Take in what the exchange pushes, by the same rules as what it answers.

The stream only hastens. Whatever it says is a report, or a trade row that the list of trades
shows as well, so a message that is missing, doubled, late or out of order changes nothing in
the end. There is no journal of messages: what they say stands in the store, or was known.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from engine.domain.lanes import Lane
from engine.domain.report import OrderReport
from engine.domain.stream import BalanceNews, MarginCall, OrderNews, StreamEnding, StreamMessage
from engine.execution.booking.balance_rows import name_homes, offset_earlier
from engine.execution.booking.fills import book_fills, book_foreign, in_ledger
from engine.execution.booking.ownership import remember_foreign, take_report
from engine.execution.context import AccountContext

#: The same margin call is told again after this.
TELL_AGAIN_MS = 600_000


class Effect(StrEnum):
    """What a message was good for."""

    OURS = "ours"  #: Applied to an order of ours
    FOREIGN = "foreign"  #: A trade of somebody else's order, booked as such
    BALANCES = "balances"  #: Stored ones are not believed any more
    NOTHING = "nothing"  #: It speaks of nothing that we keep
    ALARM = "alarm"  #: A person was told
    TOO_EARLY = "too_early"  #: The account has no ledger yet; the rebuild asks for it


def apply_message(context: AccountContext, message: StreamMessage) -> Effect:
    """Apply one message; raises what the store raises, and then it must be asked for anew.

    The cursor of the trades stays where REST left it: nobody knows what the stream left out.
    """
    match message:
        case OrderNews(report=report):
            return apply_news(context, report)
        case BalanceNews():
            # A lost message before it would leave a mixture: whoever needs them asks anew
            context.gateway.forget_balances()
            return Effect.BALANCES
        case MarginCall():
            _tell_margin_call(context, message)
            return Effect.ALARM
        case StreamEnding():
            return Effect.NOTHING


def apply_news(context: AccountContext, report: OrderReport) -> Effect:
    """Apply a report that carries its trade, whoever's order it is."""
    state = context.store.load_state()
    if not state.is_opened:
        # An opening that is just being taken would count a trade that is booked meanwhile twice
        return Effect.TOO_EARLY
    if report.updated_at_ms < state.ledger_began_at_ms:
        return Effect.NOTHING  # It may be of a ledger that the exchange has reset since
    fills = name_homes(context, in_ledger(report.fills, state.ledger_epoch))
    report = replace(report, fills=fills)
    offset_earlier(context, report.fills, state=state)
    if take_report(context, report) is not None:
        return Effect.OURS
    if not report.fills:
        return Effect.NOTHING
    _book_foreign_trade(context, report, state.ledger_epoch)
    return Effect.FOREIGN


def _book_foreign_trade(context: AccountContext, report: OrderReport, ledger_epoch: int) -> None:
    """Book the trade as foreign if the message shows whose it is; else ask."""
    if report.client_order_id is None:
        book_fills(context, report.symbol, report.fills, Lane.POLL)
        return
    book_foreign(context, report.symbol, report.fills)
    remember_foreign(context, report.symbol, report.exchange_order_id, ledger_epoch)


def _tell_margin_call(context: AccountContext, call: MarginCall) -> None:
    """Alarm: the exchange tells it rarely, and a stream that comes back may repeat it."""
    names = ", ".join(sorted(call.positions))
    told = f"margin_call:{context.identity.slug}:{names}"
    if context.shared.find_cache(told) is None:
        context.shared.put_cache(told, "1", TELL_AGAIN_MS)
        context.alarm(
            f"margin call: {names} is near its liquidation; add margin or make it smaller"
        )
