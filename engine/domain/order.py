"""One order and the only ways it may change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from engine.domain.changing import Chase, Replacement, Trail
from engine.domain.decimals import EXACT, ZERO
from engine.domain.end_reason import Reason, Refused
from engine.domain.exchange_ids import ExchangeIds
from engine.domain.fill import Fill
from engine.domain.identity import AccountIdentity
from engine.domain.order_status import OPEN, TERMINAL, TRANSITIONS, InvalidTransition, OrderStatus
from engine.domain.order_terms import OrderTerms

S = OrderStatus


@dataclass(frozen=True, kw_only=True)
class Order:
    client_order_id: str
    request_key: str
    group_id: str
    account: str  # The name in the configuration
    strategy: str = ""  # Whose signal asked for it; "": none did, or nobody knows any more
    emergency_run: str = ""  # The run that it is a flatten order of; "": none
    protection: str = ""  # The plan whose entry or leg it is; "": none, or nobody knows any more
    partner_id: str = ""  # The order that is sent in one list with it: one cancels the other
    rival_id: str = ""  # The order that we end when this one trades, and this one by that one
    compared_quantity: Decimal | None = None  # Its trades when both were settled and compared
    rival_excess: Decimal = ZERO  # What both rivals traded beyond the wish; an alarm was raised
    identity: AccountIdentity
    terms: OrderTerms
    created_at_ms: int
    valid_until_ms: int | None  # Claimed later it is DENIED(STALE); None: its plan ends it
    status: OrderStatus = S.INITIALIZED
    reason: Reason | None = None
    replaces: str = ""  # The order in whose place it was recorded
    replacement: Replacement | None = None  # The wish for another order in its place
    chase: Chase | None = None
    trail: Trail | None = None  # Of a trailing stop that the exchange does not know
    cancel_at_ms: int | None = None  # Time of the store at which its end is wished
    attempt: int = 0  # How often it was claimed; above 1 only after a definite passing refusal
    nonce: str | None = None  # Whoever holds it owns the attempt
    signed_at_ms: int | None = None  # Exchange time; the fence is signed_at + recv_window
    recv_window_ms: int = 0
    refused: Refused | None = None  # Heard of this attempt, while the order may stand all the same
    exchange_order_id: str | None = None  # Of what was placed
    triggered_order_id: str | None = None  # Of the order that its trigger placed, where another
    cancel_requested_at_ms: int | None = None  # A wish, not a status: it survives resolving
    reported_quantity: Decimal | None = None  # What the exchange says was ordered
    reported_filled_quantity: Decimal = ZERO  # The largest cumulative figure it ever reported
    reported_filled_cost: Decimal | None = None  # Quote currency, of that figure; None: not told
    exchange_updated_at_ms: int = 0  # Exchange time of the newest news
    last_event_at_ms: int = 0  # Our time of the newest news; absence older than it proves nothing
    absences: int = 0  # Answers "not found" since the last news
    #: The exchange reset its ledger and forgot the order: nothing more can be learned of it.
    is_forgotten: bool = False
    contradicted: bool = False  # Proof arrived against a final status; an alarm was raised
    fills: tuple[Fill, ...] = ()

    @property
    def exchange_ids(self) -> ExchangeIds:
        """Every id that stands for it at the exchange."""
        return ExchangeIds.of(self)

    @property
    def trades_under(self) -> str | None:
        """The exchange's id that its trades bear."""
        return self.triggered_order_id or self.exchange_order_id

    @property
    def quantity(self) -> Decimal | None:
        """Base currency; None for an unanswered order by quote amount."""
        return self.terms.quantity if self.terms.quantity is not None else self.reported_quantity

    @property
    def filled_quantity(self) -> Decimal:
        """Booked fills only; `reported_filled_quantity` may run ahead of it."""
        with localcontext(EXACT):
            return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def filled_cost(self) -> Decimal:
        """Quote currency, of the booked fills; fees not included."""
        with localcontext(EXACT):
            return sum((fill.cost for fill in self.fills), ZERO)

    @property
    def lacks_trades(self) -> bool:
        """Tell whether the booked trades do not come to what the exchange says was filled.

        In quantity, and where that is equal, in cost. Trades may be ahead of the report.
        """
        filled = self.filled_quantity
        if filled != self.reported_filled_quantity:
            return filled < self.reported_filled_quantity
        return self.reported_filled_cost not in (None, self.filled_cost)

    @property
    def has_trades_beyond(self) -> bool:
        """Tell whether more is booked than the exchange says of an order that has ended.

        Its word is older than the trades, or wrong. Filled to the last coin, none is needed.
        """
        filled = self.filled_quantity
        is_whole = self.status is S.FILLED and filled == self.quantity
        return self.is_closed and filled > self.reported_filled_quantity and not is_whole

    @property
    def is_at_odds(self) -> bool:
        """Tell whether the booked trades are not what the exchange says of the order."""
        return self.lacks_trades or self.has_trades_beyond

    @property
    def remaining_quantity(self) -> Decimal | None:
        return None if self.quantity is None else self.quantity - self.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """Volume-weighted over the fills, fees not included; None before the first."""
        quantity, cost = self.filled_quantity, self.filled_cost
        return cost / quantity if quantity else None  # 28 digits: an average need not be exact

    @property
    def is_closed(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_settled(self) -> bool:
        """Closed, and the booked trades come to what the exchange says was filled."""
        return self.is_closed and (self.is_forgotten or not self.is_at_odds)

    @property
    def replaced_by(self) -> str:
        """Return the client order id of its successor; "" where there is none."""
        wish = self.replacement
        return wish.client_order_id if wish is not None and wish.has_successor else ""

    @property
    def is_leg(self) -> bool:
        """Tell whether a plan of protection placed it; its entry, and what took that's place, not.

        The plan has the entry's id.
        """
        return self.protection not in {"", self.client_order_id} and not self.replaces

    @property
    def has_moved(self) -> bool:
        """Tell whether it has traded or its trigger was touched, for all that is known."""
        is_reported = self.reported_filled_quantity > ZERO or bool(self.fills)
        return is_reported or self.triggered_order_id is not None

    @property
    def is_waiting(self) -> bool:
        """Tell whether we watch the price for it: nothing is sent before it is triggered."""
        is_untriggered = self.trail is not None and self.trail.triggered_at_ms is None
        return is_untriggered and self.status is S.INITIALIZED

    @property
    def is_rearmable(self) -> bool:
        """Tell whether it waited for its trigger, and only a lost store put it in doubt."""
        is_untriggered = self.trail is not None and self.trail.triggered_at_ms is None
        return is_untriggered and self.status is S.SUBMITTED

    def is_stale(self, now_ms: int) -> bool:
        """Tell whether the time is over within which it may be sent."""
        return self.valid_until_ms is not None and now_ms > self.valid_until_ms

    @property
    def is_followed(self) -> bool:
        """Tell whether every tick of the price may ask for a change of the order."""
        if self.chase is None or self.chase.is_over or self.cancel_requested_at_ms is not None:
            return self.is_waiting
        return self.status in OPEN

    @property
    def is_in_doubt(self) -> bool:
        """Sent or about to be, and the exchange's word is missing."""
        return self.status is S.SUBMITTED

    @property
    def signature_ends_ms(self) -> int | None:
        """Exchange time from which on the request is refused as too old; None while unsigned."""
        return None if self.signed_at_ms is None else self.signed_at_ms + self.recv_window_ms

    def to(self, status: OrderStatus, reason: Reason | None = None) -> Order:
        if status is not self.status and status not in TRANSITIONS[self.status]:
            raise InvalidTransition(f"{self.client_order_id}: {self.status} -> {status}")
        return replace(self, status=status, reason=reason or self.reason)

    def has_fill(self, fill: Fill) -> bool:
        """Tell whether the trade is booked here; the same numbers in another ledger are another."""
        name = (fill.ledger_epoch, fill.row_id)
        return any((known.ledger_epoch, known.row_id) == name for known in self.fills)
