"""Take one request through limits, security, faults, matching and commit."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import orjson

from workers.paper_exchange.control.faults import RequestFault, RequestFaults, sent_ids
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.venue import Venue as FuturesVenue
from workers.paper_exchange.limits import OrderLimit
from workers.paper_exchange.spot.venue import Venue
from workers.paper_exchange.statistics import Statistics

from .answered import Answered
from .endpoint import Access, Caller, Endpoint
from .parameters import Parameters
from .security import check_signature, check_time, find_key

log = logging.getLogger("paper_exchange")

#: Parameters of security, read before the endpoint sees the rest.
_SECURITY = frozenset({"timestamp", "recvWindow", "signature", "apiKey"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, whichever way it came."""

    endpoint: Endpoint
    values: dict[str, str]
    payload: bytes = b""  # What was signed
    key: str = ""
    address: str = ""


def _orders_in(result: Any) -> list[dict[str, Any]]:
    """Return the orders that an answer tells of: of a batch, of a list, or the only one."""
    if isinstance(result, list):
        return result
    if isinstance(result, Answered):
        return list(result.orders)
    return list(result["orders"]) if "orders" in result else [result]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is to be said; an answer that a fault spoils names the fault."""

    status: int
    body: bytes
    retry_after_s: int | None = None
    used_weight: int = 0
    order_counts: tuple[tuple[OrderLimit, int], ...] | None = None
    fault: RequestFault | None = field(default=None)


class Dispatcher:
    """Performs calls, each on the venue of its market type; they share keys, clock and faults."""

    def __init__(self, venue: Venue, futures: FuturesVenue) -> None:
        self.venue = venue
        self.futures = futures
        self.faults = RequestFaults()
        self.statistics = Statistics()

    async def perform(self, call: Call) -> Answer:
        """Return the answer; ApiErrors become the exchange's JSON."""
        endpoint = call.endpoint
        fault = self.faults.find(
            method=endpoint.method,
            path=endpoint.path,
            command=endpoint.ws_method,
            key=call.key,
            values=call.values,
        )
        self._count(call)
        if fault is not None and fault.delay_before_ms:
            await asyncio.sleep(fault.delay_before_ms / 1000)
        if fault is not None and not fault.effect:
            answer = self._answer(call, 200, b"{}", fault)
        else:
            answer = await self._process(call, fault)
        if fault is not None:
            self.statistics.faults[fault.answer] += 1
            if fault.delay_after_ms:
                await asyncio.sleep(fault.delay_after_ms / 1000)
        self.statistics.answers[str(answer.status)] += 1
        return answer

    def venue_of(self, endpoint: Endpoint) -> Venue | FuturesVenue:
        return self.futures if endpoint.market_type == "futures" else self.venue

    def _count(self, call: Call) -> None:
        self.statistics.requests[call.endpoint.name] += 1
        if call.key:
            self.statistics.requests_by_key[call.key] += 1
        if call.endpoint.places_order:
            self.statistics.sent_client_ids.update(sent_ids(call.values))

    async def _process(self, call: Call, fault: RequestFault | None) -> Answer:
        try:
            result = await self._run(call, fault)
        except ApiError as error:
            self.statistics.codes[str(error.code)] += 1
            body = orjson.dumps(error.body())
            return self._answer(call, error.status, body, fault, error.retry_after_s)
        except Exception:  # Whatever is wrong in here, the exchange answers -1000, as the real one
            log.exception("%s failed", call.endpoint.name)
            body = b'{"code":-1000,"msg":"An unknown error occurred while processing the request."}'
            return self._answer(call, 500, body, fault)
        if isinstance(result, Answered):
            return self._answer(call, result.status, orjson.dumps(result.body), fault)
        return self._answer(call, 200, orjson.dumps(result), fault)

    async def _run(self, call: Call, fault: RequestFault | None) -> object:
        endpoint, venue = call.endpoint, self.venue_of(call.endpoint)
        self.futures.pass_time()
        weight = endpoint.weight_of(call.values)
        venue.limits.spend(call.address, weight, venue.clock())
        self.statistics.weight += weight
        caller = self._identify(call)
        if endpoint.places_order:
            venue.limits.check_orders(caller.uid, venue.clock())
        if fault is not None and fault.delay_before_matching_ms:
            await asyncio.sleep(fault.delay_before_matching_ms / 1000)
        if endpoint.reaches_matching:
            check_time(call.values, venue.clock())  # Again: the wait may have outlived the window
        values = {k: v for k, v in call.values.items() if k not in _SECURITY}
        result = endpoint.handler(venue, caller, Parameters(values))
        if endpoint.places_order:
            self._placed(call, caller, result, fault)
        venue.commit()
        is_success = not isinstance(result, Answered) or result.status == 200
        if endpoint.is_free_on_success and is_success:
            venue.limits.refund(call.address, weight, venue.clock())
            self.statistics.weight -= weight
        return result

    def _identify(self, call: Call) -> Caller:
        access = call.endpoint.access
        if access is Access.PUBLIC:
            return Caller(address=call.address)
        key = find_key(self.venue.ledger, call.key, access)
        if access is not Access.KEY:
            check_time(call.values, self.venue.clock())
            check_signature(call.payload, call.values.get("signature"), key)
        return Caller(
            address=call.address, key=call.key, account=self.venue.ledger.accounts[key.uid]
        )

    def _placed(
        self, call: Call, caller: Caller, result: object, fault: RequestFault | None
    ) -> None:
        venue, now_ms = self.venue_of(call.endpoint), self.venue.clock()
        rows = _orders_in(result)
        if isinstance(result, list):
            venue.limits.count_order(caller.uid, now_ms, len(rows))
        else:
            for _ in rows:
                venue.limits.count_order(caller.uid, now_ms)
        # Of a request that succeeded in part there may be fewer orders than were sent
        for sent_id, row in zip(sent_ids(call.values), rows, strict=False):
            if "code" in row:
                continue  # One of a batch that was refused
            self.statistics.placed_client_ids[sent_id] += 1
            if fault is not None and fault.invisible_ms and "orderId" in row:
                key = (row["symbol"], row["orderId"])
                venue.invisible_until_ms[key] = now_ms + fault.invisible_ms

    def _answer(
        self,
        call: Call,
        status: int,
        body: bytes,
        fault: RequestFault | None,
        retry_after_s: int | None = None,
    ) -> Answer:
        limits, now_ms = self.venue_of(call.endpoint).limits, self.venue.clock()
        counts = None
        if call.endpoint.places_order and status == 200 and call.key in self.venue.ledger.keys:
            used = limits.order_counts(self.venue.ledger.keys[call.key].uid, now_ms)
            counts = tuple(zip(limits.order_limits, used, strict=True))
        return Answer(
            status=status,
            body=body,
            retry_after_s=retry_after_s,
            used_weight=limits.used_weight(call.address, now_ms),
            order_counts=counts,
            fault=fault,
        )
