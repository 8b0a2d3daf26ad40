"""Changes of the orders of one account: record, claim, commit, adopt."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import Event
from engine.domain.order import Order
from engine.domain.risk import Reservation, RiskBook
from engine.errors import AccountHeld, ConcurrentChange, Retryable, StoreUnclear
from engine.ports import ClaimOutcome, NewGroup, Recorded, RecordOutcome, Versioned
from engine.store.archived_keys import bits_of
from engine.store.codec import RESERVATION
from engine.store.keys import bar
from engine.store.lookups import request_ids, request_outcome
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import (
    Plan,
    adopted_reservation,
    plan_events,
    plan_group,
    plan_order,
    plan_protections,
    plan_recorded_orders,
    plan_reducing,
    plan_rows,
)
from engine.store.recorded_events import derive_claimed, derive_recorded
from engine.store.refused import describe_rejection


class OrderRecords(AccountPart):
    """The orders of one account."""

    def record(self, group: NewGroup, *, risk_version: int) -> Recorded:
        """Record a group whole or not at all, as AccountStore.record describes.

        Raises Retryable when a lost reply turns out to have recorded nothing: the same call is
        safe again. StoreUnclear when that could not be seen either.
        """
        write_id = fresh_write_id()
        plan = self._plan_record(group, risk_version, write_id)
        request = self._keys.request(group.request_key)
        keys = (*self._keys.order_books(), request, self._keys.archived_keys())
        try:
            outcome, standing = self._write("record", keys, write_id, self._now(), pack(plan))
        except StoreUnclear as error:
            standing = self._client.read("GET", request)
            if standing is None:
                raise Retryable("Redis did not record the orders; nothing was changed.") from error
            outcome = request_outcome(standing, group.digest, write_id)
        return Recorded(outcome=RecordOutcome(outcome), client_order_ids=request_ids(standing))

    def _plan_record(self, group: NewGroup, risk_version: int, write_id: str) -> Plan:
        request = {
            "v": 1,
            "digest": group.digest,
            "group_id": group.group_id,
            "client_order_ids": [order.client_order_id for order in group.orders],
            "write_id": write_id,
        }
        return {
            "digest": group.digest,
            "request": pack(request),
            "horizon_ms": group.key_horizon_ms,
            "risk_version": str(risk_version),
            "is_reserving": bool(group.reservations),
            "paced": self._keys.paced(),
            "bits": [] if group.is_new else [bits_of(order) for order in group.orders],
            "group": plan_group(self._keys, group.group_id),
            "orders": plan_recorded_orders(self._keys, group),
            "protections": plan_protections(self._keys, group.protections),
            "open_protections": self._keys.protections(),
            "events": plan_events(self._keys, derive_recorded(group.orders, self._wall_ms())),
        }

    def claim(
        self,
        version: int,
        claimed: Order,
        *,
        reducing: RiskBook | None = None,
        emergency_run: str = "",
    ) -> ClaimOutcome:
        """Claim, as AccountStore.claim describes; an unclear claim is not a claim.

        Raises StoreUnclear when the reply was lost: load the order, and if it holds `claimed`'s
        nonce resolve it, never send it.
        """
        wanted: dict[str, object | None] = {
            "version": str(version),
            "order": plan_order(self._keys, claimed),
            "reducing": plan_reducing(reducing, claimed.terms.position) if reducing else None,
            "emergency_run": emergency_run,
            "valid_until_ms": claimed.valid_until_ms,
            "bar": "" if claimed.terms.is_immediate else bar(claimed.terms.symbol),
            "events": plan_events(self._keys, derive_claimed(claimed, self._wall_ms())),
        }
        plan = {name: value for name, value in wanted.items() if value is not None}
        books = self._keys.order_books()
        return ClaimOutcome(self._write("claim", books, fresh_write_id(), self._now(), pack(plan)))

    def bar_claims(self, symbol: str, owner: str, duration_ms: int) -> bool:
        """Let no order that would rest on the symbol be claimed; False when somebody else does.

        Raises StoreUnclear when the reply was lost; the bar then ends by itself.
        """
        keys = (self._keys.account(),)
        args = (self._now(), bar(symbol), owner, duration_ms)
        return bool(self._write("bar_claims", keys, *args))

    def lift_bar(self, symbol: str, owner: str) -> None:
        """End the owner's own bar."""
        self._write("lift_bar", (self._keys.account(),), bar(symbol), owner)

    def commit(
        self,
        version: int,
        order: Order,
        *,
        events: Sequence[Event] = (),
        check_in_ms: int | None = None,
        is_held_back: bool = False,
    ) -> Versioned[Order]:
        """Write a changed order, as AccountStore.commit describes.

        Raises ConcurrentChange when the stored version is another one, AccountHeld when it was
        held back, Retryable when a lost reply turns out to have written nothing, StoreUnclear
        when that could not be seen either.
        """
        write_id = fresh_write_id()
        plan = self._plan_change(order, self._held(order), events, check_in_ms)
        plan |= {"version": str(version), "is_held_back": is_held_back}
        plan |= {"rejection": describe_rejection(order), "rejections": self._keys.rejections()}
        books = self._keys.order_books()
        try:
            is_written = self._write("commit", books, write_id, self._now(), pack(plan))
        except StoreUnclear as error:
            key = self._keys.order(order.client_order_id)
            is_written = self._was_written(key, version, write_id, error)
        if is_written < 0:
            raise AccountHeld
        if not is_written:
            raise ConcurrentChange(f"Order {order.client_order_id} is not at version {version}.")
        return Versioned(value=order, version=version + 1)

    def adopt(self, order: Order, *, events: Sequence[Event], check_in_ms: int | None) -> bool:
        """Record an order of ours that only the exchange knew; False when it is known by now."""
        write_id = fresh_write_id()
        reserved = adopted_reservation(order)
        plan = self._plan_change(order, reserved, events, check_in_ms)
        plan["reserved"] = RESERVATION.encode(reserved)
        books = self._keys.order_books()
        try:
            return bool(self._write("adopt", books, write_id, self._now(), pack(plan)))
        except StoreUnclear as error:
            key = self._keys.order(order.client_order_id)
            return self._was_written(key, 0, write_id, error)

    def _held(self, order: Order) -> Reservation | None:
        """Return what the order held last; it changes with the order's version only."""
        key = self._keys.order(order.client_order_id)
        text = self._client.read("HGET", key, "reservation")
        return RESERVATION.decode(text) if text else None

    def _plan_change(
        self,
        order: Order,
        held: Reservation | None,
        events: Sequence[Event],
        check_in_ms: int | None,
    ) -> Plan:
        return {
            "order": plan_order(
                self._keys,
                order,
                check_in_ms=check_in_ms,
                reservation=held.after(order) if held else None,
            ),
            "rows": plan_rows(self._keys, order.fills),
            "group": plan_group(self._keys, order.group_id),
            "events": plan_events(self._keys, events),
        }
