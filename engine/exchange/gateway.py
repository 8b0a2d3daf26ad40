"""One account on one exchange, through ccxt.

Built after the fork, one per process and account, not for several threads. Every request takes
its allowance in its lane first; `submit` alone does not, because `prepare_submit` did it before
the claim.
"""

from __future__ import annotations

from engine.domain.identity import AccountIdentity
from engine.domain.lanes import Lane
from engine.domain.report import (
    KeyPermissions,
)
from engine.exchange.account_gateway import AccountGateway
from engine.exchange.order_gateway import OrderGateway
from engine.exchange.raw_answer import RawAnswer
from engine.ports import Cost


class CcxtGateway(OrderGateway, AccountGateway):
    """Implements `engine.ports.Gateway`."""

    # ---- time and identity -------------------------------------------------------------------

    def measure_clock(self, lane: Lane = Lane.SUBMIT) -> int:
        """Ask the exchange's time; return its offset to our wall clock in ms."""
        self._wire.measure_clock(lane)
        return self._wire.exchange_now_ms() - self._clock.now_ms()

    def exchange_now_ms(self) -> int:
        """Return exchange time by the last measurement; ClockUnknown when it is too old."""
        return self._wire.exchange_now_ms()

    def exchange_past_ms(self) -> int:
        """Return an exchange time that is certainly over, by the error of the last measurement."""
        return self._wire.certain_time_ms(self._clock.monotonic_ms())

    def load_server_time_ms(self, lane: Lane) -> int:
        """Return the time that the exchange itself states in an answer."""
        return self._wire.measure_clock(lane)

    def warm(self, lane: Lane) -> None:
        """Do now what a first order would wait for: whose key, connection, clock, rules.

        Raises what a question raises, BudgetExhausted and IdentityConflict included.
        """
        self._holder.confirm(lane)
        if self._wire.is_cold or self._wire.is_clock_due:
            self._wire.measure_clock(lane)
        self._market.instruments(lane)

    def load_identity(self, lane: Lane = Lane.SUBMIT) -> AccountIdentity:
        """Ask which account the key belongs to; never from memory."""
        return self._holder.identity(lane)

    def expect_identity(self, identity: AccountIdentity) -> None:
        """Have the key looked at before its first use: it must open this account."""
        self._holder.expect(identity)

    def load_permissions(self) -> KeyPermissions:
        return self._questions.ask(
            self._dialect.ask_permissions(),
            Lane.POLL,
            "the rights of the key",
            self._dialect.read_permissions,
        )

    # ---- for a user stream -------------------------------------------------------------------

    def prepare_stream(self, cost: Cost, lane: Lane = Lane.POLL) -> None:
        """Make ready all that a subscription needs: whose key it is, clock, last the allowance.

        Raises BudgetExhausted, ExchangeUnavailable, ExchangeRefused or IdentityConflict.
        """
        self._wire.check_process()
        self._holder.confirm(lane)
        self._questions.ready_to_sign(lane)
        self._wire.reserve(cost, lane)

    def learn(self, answer: RawAnswer) -> None:
        """Take in what an answer that came another way says about traffic and time."""
        self._wire.learn(answer)

    def forget_instruments(self) -> None:
        """Ask anew before the next use: the exchange has named a symbol that is not listed."""
        self._market.forget_instruments()

    def close(self) -> None:
        self._wire.close()
