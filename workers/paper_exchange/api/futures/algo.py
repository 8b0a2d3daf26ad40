"""Conditional orders over REST: the algo service."""

from __future__ import annotations

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.order_questions import read_market
from workers.paper_exchange.api.paging import A_WEEK, page_of, read_page
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import missing_combination
from workers.paper_exchange.futures.venue import Venue

from . import render
from .algo_parameters import read_algo_order
from .order_parameters import read_client_id
from .trading import ALL_CANCELED

_NO_ID = "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!"


def place_algo(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    order = read_algo_order(parameters, caller.uid, venue.clock())
    parameters.finish()
    return render.algo_row(venue.algo.place(order))


def _read_ids(parameters: Parameters) -> tuple[int | None, str]:
    algo_id = parameters.integer("algoId")
    client_algo_id = read_client_id(parameters, "clientAlgoId")
    if algo_id is None and not client_algo_id:
        raise missing_combination(_NO_ID)
    parameters.ignore("symbol")
    return algo_id, client_algo_id


def cancel_algo(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    algo_id, client_algo_id = _read_ids(parameters)
    parameters.finish()
    order = venue.algo.cancel(caller.uid, algo_id, client_algo_id)
    return {
        "algoId": order.algo_id,
        "clientAlgoId": order.client_algo_id,
        "code": "200",
        "msg": "success",
    }


def query_algo(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    algo_id, client_algo_id = _read_ids(parameters)
    parameters.finish()
    order = venue.algo.find(caller.uid, algo_id, client_algo_id)
    return render.queried_algo(order, venue.algo.child_of(order))


def open_algos(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol, algo_id = parameters.optional_symbol(), parameters.integer("algoId")
    parameters.ignore("algoType")
    parameters.finish()
    if symbol is not None:
        venue.market(symbol)
    rows = venue.ledger.algo.open_orders(caller.uid, symbol)
    return [
        render.queried_algo(o, venue.algo.child_of(o)) for o in rows if algo_id in {None, o.algo_id}
    ]


def all_algos(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer every conditional order of a contract: from an id upward, in a span, or the newest."""
    symbol = read_market(venue, parameters)
    page = read_page(parameters, A_WEEK, id_name="algoId")
    parameters.ignore("page")
    parameters.finish()
    rows = venue.ledger.algo.of(caller.uid, symbol)
    chosen = page_of(rows, page, lambda o: o.algo_id, lambda o: o.created_at_ms)
    return [render.queried_algo(o, venue.algo.child_of(o)) for o in chosen]


def cancel_open_algos(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel every waiting conditional order of one contract."""
    symbol = parameters.symbol()
    parameters.finish()
    venue.algo.cancel_all(caller.uid, symbol)
    return ALL_CANCELED
