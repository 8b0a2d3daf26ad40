"""The WebSocket API: the endpoints of REST, and subscriptions to the user data stream."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from workers.paper_exchange.control.stream_faults import StreamFaults
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.streams.connection import Connection, open_connection
from workers.paper_exchange.streams.user_streams import UserStreams

from .dispatch import Answer, Call, Dispatcher
from .endpoint import Access, Caller, Endpoint
from .endpoints import BY_WS_METHOD
from .parameters import Parameters

PATH = "/ws-api/v3"
_SUBSCRIBE_WEIGHT = 2
_NO_SESSION = "userDataStream.subscribe", "session.logon"


class WsApi:
    """Answers the requests of each connection, in the order in which they end."""

    def __init__(self, dispatcher: Dispatcher, streams: UserStreams, faults: StreamFaults) -> None:
        self._dispatcher = dispatcher
        self._streams = streams
        self._faults = faults

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection, writer = await open_connection(request, self._faults)
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for message in connection.read():
                work = self._reply(connection, message.data, request.remote or "")
                task = asyncio.create_task(work)
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            self._streams.leave(connection)
            for task in (*tasks, writer):
                task.cancel()
        return connection.socket

    async def _reply(self, connection: Connection, text: str | bytes, address: str) -> None:
        try:
            message = orjson.loads(text)
            number, method, params = _parts(message)
        except (orjson.JSONDecodeError, ApiError):
            error = {"code": -1135, "msg": "Invalid JSON Request"}
            connection.send({"id": None, "status": 400, "error": error})
            return
        values = {k: _text(v) for k, v in params.items() if v is not None}
        endpoint = self._endpoint(connection, method)
        if endpoint is None:
            error = {"code": -1000, "msg": f"Unknown method: {method}"}
            connection.send({"id": number, "status": 400, "error": error})
            return
        wants_limits = values.pop("returnRateLimits", "true") != "false"
        call = Call(
            endpoint=endpoint,
            values=values,
            payload=_signed_text(params).encode(),
            key=values.get("apiKey", ""),
            address=address,
        )
        answer = await self._dispatcher.perform(call)
        if answer.fault is not None and answer.fault.answer != "normal":
            _spoil(connection, number, answer)
            return
        connection.send(self._message(number, answer, wants_limits))

    def _endpoint(self, connection: Connection, method: str) -> Endpoint | None:
        """Return the endpoint of a method; those about subscriptions know their connection."""

        def subscribe(venue: object, caller: Caller, parameters: Parameters) -> object:
            parameters.finish()
            return {"subscriptionId": self._streams.subscribe(connection, caller.uid)}

        def unsubscribe(venue: object, caller: Caller, parameters: Parameters) -> object:
            number = parameters.integer("subscriptionId")
            parameters.finish()
            self._streams.unsubscribe(connection, number)
            return {}

        def refuse(venue: object, caller: Caller, parameters: Parameters) -> object:
            raise ApiError(-1020, "This operation is not supported.")

        if method == "userDataStream.subscribe.signature":
            return Endpoint(
                method="WS",
                path=method,
                handler=subscribe,
                weight=_SUBSCRIBE_WEIGHT,
                access=Access.READ,
                ws_method=method,
            )
        if method == "userDataStream.unsubscribe":
            return Endpoint(
                method="WS", path=method, handler=unsubscribe, weight=2, ws_method=method
            )
        if method in _NO_SESSION:
            return Endpoint(method="WS", path=method, handler=refuse, ws_method=method)
        return BY_WS_METHOD.get(method)

    def _message(self, number: object, answer: Answer, wants_limits: bool) -> object:
        body = orjson.loads(answer.body)
        message: dict[str, object] = {"id": number, "status": answer.status}
        if answer.status == 200:
            message["result"] = body
        else:
            message["error"] = body
            if answer.retry_after_s is not None:
                now_ms = self._dispatcher.venue.clock()
                retry_ms = now_ms + answer.retry_after_s * 1000
                body["data"] = {"serverTime": now_ms, "retryAfter": retry_ms}
        if wants_limits:
            message["rateLimits"] = self._limits(answer)
        return message

    def _limits(self, answer: Answer) -> list[dict[str, object]]:
        limits = self._dispatcher.venue.limits
        rows = [("REQUEST_WEIGHT", "MINUTE", 1, limits.weight_per_minute, answer.used_weight)]
        if answer.order_counts is not None:
            rows += [
                ("ORDERS", limit.interval, limit.count, limits.allowed(limit), used)
                for limit, used in answer.order_counts
            ]
        names = ("rateLimitType", "interval", "intervalNum", "limit", "count")
        return [dict(zip(names, row, strict=True)) for row in rows]


def _parts(message: Any) -> tuple[object, str, dict[str, Any]]:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise ApiError(-1135, "Invalid JSON Request")
    params = message.get("params") or {}
    if not isinstance(params, dict):
        raise ApiError(-1135, "Invalid JSON Request")
    return message.get("id"), message["method"], params


def _text(value: Any) -> str:
    """Return a parameter as it would stand in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value)


def _signed_text(params: dict[str, Any]) -> str:
    """Return what a client signs: its parameters in the order of their names, not encoded."""
    names = sorted(name for name in params if name != "signature")
    return "&".join(f"{name}={_text(params[name])}" for name in names)


def _spoil(connection: Connection, number: object, answer: Answer) -> None:
    """Do to an answer what its fault says, as far as a WebSocket can."""
    fault = answer.fault
    assert fault is not None
    match fault.answer:
        case "hang":
            pass
        case "status":
            body: dict[str, object] = {"code": -1000, "msg": fault.body}
            if fault.body.startswith("{"):
                body = orjson.loads(fault.body)
            connection.send({"id": number, "status": fault.status, "error": body})
        case "malformed" | "truncated" | "html" | "gzip" | "empty":
            connection.send({"id": number, "status": 200})
        case _:
            connection.disconnect()
