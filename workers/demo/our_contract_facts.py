"""Our side of a futures account: the facts that the store holds. Pure."""

from __future__ import annotations

from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.portfolio.ledger_check import sum_assets
from workers.demo.facts import Facts, named
from workers.demo.our_facts import Books, sent_orders, trade_facts, word


def our_contract_facts(books: Books) -> Facts:
    """Return the facts of the store; orders that never reached the exchange are left out.

    An order with a trigger is one order here, whatever the exchange makes of it.
    """
    sent = sent_orders(books)
    facts = {"orders": str(len(sent)), "trades": str(len(books.fills))}
    for order in sent:
        facts |= named(
            f"order {word(order.terms.symbol)} {order.client_order_id}",
            {
                "side": order.terms.side.value,
                "status": order.status.value,
                "filled": plain(order.filled_quantity),
                "cost": plain(order.filled_cost),
            },
        )
    for fill in books.fills:
        facts |= trade_facts(fill)
    return facts | _holdings(books)


def _holdings(books: Books) -> Facts:
    booked = sum_assets((row, None) for row in books.rows)
    contracts = {one.symbol for one in books.positions if one.quote}
    facts = {
        f"booked {asset}": plain(total)
        for asset, total in booked.items()
        if total and asset not in contracts
    }
    for position in (one for one in books.positions if one.quote):
        name = f"position {word(market_of(position.symbol))}"
        facts[f"{name} quantity"] = plain(position.net_quantity)
        facts[f"{name} profit"] = plain(position.realized_pnl)
    return facts
