"""Lists of orders over REST: placed, cancelled and asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workers.paper_exchange.errors import missing_combination
from workers.paper_exchange.spot.desk import Placed
from workers.paper_exchange.spot.order_lists import OrderList
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.venue import Venue

from . import render
from .endpoint import Caller
from .order_list_parameters import read_pair, read_pending, read_working
from .order_parameters import read_prevention
from .paging import A_DAY, page_of, read_page
from .parameters import Parameters
from .render import Json

_RESPONSES = frozenset({"ACK", "RESULT", "FULL"})
_NO_ID = "Param 'orderListId' or '{}' must be sent, but both were empty/null!"


def _read_shared(parameters: Parameters) -> tuple[str, str, str]:
    """Return the list's own client id, the kind of response, and the legs' prevention mode."""
    list_id = parameters.client_id("listClientOrderId")
    response = parameters.choice("newOrderRespType", _RESPONSES, -1130, "Invalid newOrderRespType.")
    return list_id, response or "FULL", read_prevention(parameters)


def place_oco(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    list_id, response, mode = _read_shared(parameters)
    legs = read_pair(parameters)
    parameters.finish()
    return _placed(venue, venue.lists.place_pair(caller.uid, _with(mode, legs), list_id), response)


def place_oto(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    list_id, response, mode = _read_shared(parameters)
    legs = (read_working(parameters), read_pending(parameters))
    parameters.finish()
    return _placed(venue, venue.lists.place_chain(caller.uid, _with(mode, legs), list_id), response)


def place_otoco(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    list_id, response, mode = _read_shared(parameters)
    legs = (read_working(parameters), *read_pair(parameters, "pending"))
    parameters.finish()
    return _placed(venue, venue.lists.place_chain(caller.uid, _with(mode, legs), list_id), response)


def _with(mode: str, legs: Iterable[OrderRequest]) -> tuple[OrderRequest, ...]:
    return tuple(replace(leg, self_trade_prevention=mode) for leg in legs)


def _row(venue: Venue, listed: OrderList) -> Json:
    """Return a list with the ids of its orders."""
    return {
        "orderListId": listed.list_id,
        "contingencyType": listed.contingency,
        "listStatusType": listed.status_type,
        "listOrderStatus": listed.status,
        "listClientOrderId": listed.list_client_order_id,
        "transactionTime": listed.updated_at_ms,
        "symbol": listed.symbol,
        "orders": [
            {"symbol": o.symbol, "orderId": o.order_id, "clientOrderId": o.client_order_id}
            for o in venue.lists.book.orders_of(listed)
        ],
    }


def _placed(venue: Venue, listed: OrderList, response: str) -> Json:
    reports = [
        render.placed_order(
            Placed(order=o, executions=tuple(venue.ledger.executions_of.get(o.key, ()))), response
        )
        for o in venue.lists.book.orders_of(listed)
    ]
    return {**_row(venue, listed), "orderReports": reports}


def _read_ids(parameters: Parameters, client_name: str) -> tuple[int | None, str]:
    list_id = parameters.integer("orderListId")
    client_id = parameters.client_id(client_name)
    if list_id is None and not client_id:
        raise missing_combination(_NO_ID.format(client_name))
    return list_id, client_id


def cancel_list(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel every order of a list."""
    symbol = parameters.symbol()
    list_id, client_id = _read_ids(parameters, "listClientOrderId")
    parameters.client_id("newClientOrderId")
    parameters.finish()
    listed = venue.lists.cancel(caller.uid, symbol, list_id, client_id)
    reports = [
        render.canceled_order(o, o.client_order_ids[-2])
        for o in venue.lists.book.orders_of(listed)
        if o.status == "CANCELED"
    ]
    return {**_row(venue, listed), "orderReports": reports}


def query_list(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    list_id, client_id = _read_ids(parameters, "origClientOrderId")
    parameters.finish()
    return _row(venue, venue.lists.book.find(caller.uid, list_id, client_id))


def open_lists(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return [_row(venue, listed) for listed in venue.lists.book.open_lists(caller.uid)]


def all_lists(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer allOrderList: from an id upward, inside a time span, or the newest."""
    page = read_page(parameters, A_DAY, id_name="fromId")
    parameters.finish()
    rows = venue.lists.book.lists(caller.uid)
    chosen = page_of(rows, page, lambda row: row.list_id, lambda row: row.created_at_ms)
    return [_row(venue, listed) for listed in chosen]
