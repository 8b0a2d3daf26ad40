"""Cancel an order and place another in one request: two things that may each fail."""

from __future__ import annotations

from workers.paper_exchange.errors import ApiError, missing_parameter
from workers.paper_exchange.spot.venue import Venue

from . import render, trading
from .answered import Answered
from .endpoint import Caller
from .order_parameters import read_order
from .parameters import Parameters
from .render import Json

_MODES = frozenset({"STOP_ON_FAILURE", "ALLOW_FAILURE"})
_PARTIAL, _FAILED = (
    (-2021, "Order cancel-replace partially failed."),
    (
        -2022,
        "Order cancel-replace failed.",
    ),
)


def cancel_replace(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer both outcomes: 200 for two successes, 409 for one, 400 for none."""
    symbol = parameters.symbol()
    mode = parameters.choice("cancelReplaceMode", _MODES, -1130, "Invalid cancelReplaceMode.")
    if mode is None:
        raise missing_parameter("cancelReplaceMode")
    ids = _cancel_ids(parameters)
    new_id = parameters.client_id("cancelNewClientOrderId")
    restriction = trading.read_restriction(parameters)
    request = read_order(parameters)
    parameters.finish()

    def cancel() -> Json:
        order = venue.desk.cancel(
            caller.uid,
            symbol,
            order_id=ids[0],
            client_order_id=ids[1],
            new_client_order_id=new_id,
            restriction=restriction,
        )
        return render.canceled_order(order, order.client_order_ids[-2])

    def place() -> Json:
        return render.placed_order(venue.desk.place(caller.uid, request), request.response)

    canceled, cancel_answer = trading.attempt(cancel)
    if not canceled and mode == "STOP_ON_FAILURE":
        return _answer(False, None, cancel_answer, None)
    placed, place_answer = trading.attempt(place)
    return _answer(canceled, placed, cancel_answer, place_answer)


def _cancel_ids(parameters: Parameters) -> tuple[int | None, str]:
    order_id = parameters.integer("cancelOrderId")
    client_order_id = parameters.client_id("cancelOrigClientOrderId")
    if order_id is None and not client_order_id:
        raise ApiError(
            -1102,
            "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, "
            "but both were empty/null!",
        )
    return order_id, client_order_id


def _answer(
    canceled: bool, placed: bool | None, cancel_answer: Json, place_answer: Json | None
) -> Answered:
    """Return the whole answer; `placed` is None when it was not tried."""
    words = {True: "SUCCESS", False: "FAILURE", None: "NOT_ATTEMPTED"}
    body: Json = {
        "cancelResult": words[canceled],
        "newOrderResult": words[placed],
        "cancelResponse": cancel_answer,
        "newOrderResponse": place_answer,
    }
    orders = [place_answer] if placed and place_answer is not None else []
    if canceled and placed:
        return Answered(status=200, body=body, orders=orders)
    code, message = _PARTIAL if canceled or placed else _FAILED
    status = 409 if canceled or placed else 400
    refusal = {"code": code, "msg": message, "data": body}
    return Answered(status=status, body=refusal, orders=orders)
