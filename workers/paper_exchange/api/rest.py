"""REST over HTTP: read a request, perform it, write the answer or what a fault makes of it."""

from __future__ import annotations

import asyncio
import socket
import struct
from email.utils import formatdate
from urllib.parse import unquote_plus

import orjson
from aiohttp import web

from workers.paper_exchange.control.faults import RequestFault
from workers.paper_exchange.errors import ApiError, unknown_path

from .dispatch import Answer, Call, Dispatcher
from .endpoints import BY_PATH

_JSON = "application/json;charset=UTF-8"
#: A request that hangs is let go at last, should its client never leave.
_HANG_S = 3600.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%s\r\n\r\n"
#: Close without waiting for the other side: what is unsent is dropped and a reset is sent.
_NO_LINGER = struct.pack("ii", 1, 0)

_DUPLICATES = "Duplicate values for a parameter detected."


def split_parameters(text: str) -> tuple[dict[str, str], str]:
    """Return the parameters, and the text as it was signed: all of it but the signature."""
    values: dict[str, str] = {}
    signed: list[str] = []
    for pair in text.split("&") if text else ():
        name, _, value = pair.partition("=")
        if name != "signature":
            signed.append(pair)
        if name in values:
            raise ApiError(-1101, _DUPLICATES)
        values[_decoded(name)] = _decoded(value)
    return values, "&".join(signed)


def _decoded(text: str) -> str:
    """Return the text behind percent signs and pluses; most texts have none."""
    return unquote_plus(text) if "%" in text or "+" in text else text


async def read_call(request: web.BaseRequest) -> Call:
    """Return the call that a request means; ApiError when there is no such endpoint."""
    path, _, query = request.raw_path.partition("?")
    endpoint = BY_PATH.get((request.method, path))
    if endpoint is None:
        raise unknown_path(request.method, path)
    values, signed = split_parameters(query)
    if request.body_exists:
        body_values, body_signed = split_parameters(
            (await request.read()).decode("utf-8", "replace")
        )
        values = body_values | values  # The query wins over the body
        signed += body_signed
    return Call(
        endpoint=endpoint,
        values=values,
        payload=signed.encode(),
        key=request.headers.get("X-MBX-APIKEY", ""),
        address=request.remote or "",
    )


class Rest:
    """Answers HTTP requests with a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            call = await read_call(request)
        except ApiError as error:
            body = orjson.dumps(error.body())
            return web.Response(status=error.status, body=body, headers={"Content-Type": _JSON})
        answer = await self._dispatcher.perform(call)
        if answer.fault is not None and answer.fault.answer != "normal":
            return await spoiled(request, answer, answer.fault)
        return web.Response(status=answer.status, body=answer.body, headers=self._headers(answer))

    def _headers(self, answer: Answer) -> dict[str, str]:
        weight = str(answer.used_weight)
        headers = {
            "Content-Type": _JSON,
            "X-MBX-USED-WEIGHT": weight,
            "X-MBX-USED-WEIGHT-1M": weight,
        }
        if answer.order_counts is not None:
            for limit, used in answer.order_counts:
                headers[f"X-MBX-ORDER-COUNT-{limit.header}"] = str(used)
        if answer.retry_after_s is not None:
            headers["Retry-After"] = str(answer.retry_after_s)
        if self._dispatcher.venue.clock.offset_ms:
            headers["Date"] = formatdate(self._dispatcher.venue.clock() / 1000, usegmt=True)
        return headers


async def spoiled(
    request: web.BaseRequest, answer: Answer, fault: RequestFault
) -> web.StreamResponse:
    """Say what the fault says instead of the answer."""
    kind = fault.answer
    if kind == "hang":
        await asyncio.sleep(_HANG_S)
    if kind in {"drop", "hang"}:
        return _cut(request, b"")
    if kind in {"reset", "truncated", "chunked"}:
        return _cut(request, _half(answer.body, kind), is_reset=kind == "reset")
    if kind == "redirect":
        return web.Response(status=307, headers={"Location": request.raw_path, **fault.headers})
    if kind == "status":
        body = fault.body.encode() if fault.body else answer.body
        return web.Response(status=fault.status, body=body, headers=_typed(fault, _JSON))
    bodies = {
        "malformed": (answer.body[: len(answer.body) // 2], _JSON),
        "empty": (b"", _JSON),
        "html": (b"<html><body>We are checking your browser.</body></html>", "text/html"),
        "gzip": (b"\x1f\x8b\x08\x00 this is no gzip", _JSON),
    }
    body, content_type = bodies[kind]
    headers = _typed(fault, content_type)
    if kind == "gzip":
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers=headers)


def _typed(fault: RequestFault, content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, **fault.headers}


def _half(body: bytes, kind: str) -> bytes:
    """Return the head of an answer and the first half of its body, in one chunk or by length."""
    half = body[: len(body) // 2]
    if kind == "chunked":
        return _HEAD % b"Transfer-Encoding: chunked" + b"%x\r\n" % len(half) + half + b"\r\n"
    return _HEAD % (b"Content-Length: %d" % len(body)) + half


def _cut(
    request: web.BaseRequest, last_bytes: bytes, *, is_reset: bool = False
) -> web.StreamResponse:
    """Write `last_bytes` and end the connection; what is returned goes nowhere.

    `is_reset`: not with a polite end but as a crashed machine does, by a reset.
    """
    transport = request.transport
    if transport is None:
        return web.Response()
    if last_bytes:
        transport.write(last_bytes)
    if is_reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
    else:
        transport.close()
    return web.Response()
