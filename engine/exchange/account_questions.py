"""Whose key it is and what the account holds: one question answers both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.domain.identity import AccountIdentity
from engine.domain.lanes import Lane
from engine.domain.report import Balances
from engine.errors import ClockUnknown, IdentityConflict
from engine.exchange.dialect import Dialect
from engine.exchange.market_questions import Ask
from engine.ports import Abilities, Answer, Clock, SharedAnswers


class AccountQuestions:
    """Asks for identity and balances of one account.

    Balances that another process was told are believed only after our own key was seen to open
    the same account, and only up to the exchange time for which they are certain.
    """

    def __init__(
        self,
        *,
        account: str,
        abilities: Abilities,
        dialect: Dialect,
        ask_signed: Ask,
        answers: SharedAnswers[Balances],
        clock: Clock,
        certain_time_ms: Callable[[int], int],
        symbols: Callable[[Lane], Mapping[str, str]],
    ) -> None:
        """`certain_time_ms`: an exchange time that was over at a monotonic moment of ours.

        `symbols`: the exchange's words for our names of the listed markets.
        """
        self._account = account
        self._abilities = abilities
        self._dialect = dialect
        self._ask_signed = ask_signed
        self._answers = answers
        self._clock = clock
        self._certain_time_ms = certain_time_ms
        self._symbols = symbols
        self._expected: AccountIdentity | None = None
        self._shown: AccountIdentity | None = None

    # ---- whose key ---------------------------------------------------------------------------

    def expect(self, identity: AccountIdentity) -> None:
        """Have the key looked at before its first use: it must open this account."""
        self._expected = identity

    @property
    def _is_confirmed(self) -> bool:
        return self._expected is None or self._shown == self._expected

    def confirm(self, lane: Lane) -> None:
        """Have the key seen once; IdentityConflict when it opens another account."""
        if not self._is_confirmed:
            self.balances(lane)

    def identity(self, lane: Lane) -> AccountIdentity:
        """Ask which account the key belongs to; never from memory."""
        request, read = self._dialect.ask_holder(), self._dialect.read_uid
        return self._remember(self._ask_signed(request, lane, "the account", read))

    def _remember(self, uid: str) -> AccountIdentity:
        venue, market_type = self._abilities.venue, self._abilities.market_type
        self._shown = AccountIdentity(venue=venue, uid=uid, market_type=market_type)
        return self._shown

    def _require_expected(self, uid: str) -> None:
        shown = self._remember(uid)
        if self._expected is not None and shown != self._expected:
            raise IdentityConflict(
                f"The key of account {self._account} opens {shown.slug},"
                f" but the account is {self._expected.slug}."
            )

    # ---- what it holds -----------------------------------------------------------------------

    def balances(self, lane: Lane, max_age_ms: int = 0, as_of_ms: int = 0) -> Balances:
        """Return balances of at most that age which hold everything up to `as_of_ms`.

        Those of another process carry the time of their question by our own clock, and as
        `updated_at_ms` no later moment than they are certain for.
        """
        if self._expected is None:
            return self._ask(lane).value
        answer = self._answers.obtain(
            self._expected.slug,
            lambda: self._ask(lane),
            asker=lane.value,
            max_age_ms=max_age_ms if self._is_confirmed else 0,
            as_of_ms=as_of_ms,
        )
        if not answer.is_stored:
            return answer.value
        asked_at_ms = self._clock.now_ms() - answer.age_ms
        return replace(answer.value, asked_at_ms=asked_at_ms, updated_at_ms=answer.as_of_ms)

    def forget_balances(self) -> None:
        """Have no process believe balances that were asked for before now."""
        if self._expected is not None:
            self._answers.drop(self._expected.slug)

    def _ask(self, lane: Lane) -> Answer[Balances]:
        symbols = self._symbols(lane) if self._dialect.has_positions else {}
        tells_holder = self._dialect.ask_holder() == self._dialect.ask_account()
        if not tells_holder:
            self._require_expected(self._shown.uid if self._shown else self.identity(lane).uid)
        asked_at_ms, began_ms = self._clock.now_ms(), self._clock.monotonic_ms()

        def read(said: Any) -> tuple[str | None, Balances]:
            uid = self._dialect.read_uid(said) if tells_holder else None
            return uid, self._dialect.read_balances(said, asked_at_ms, symbols)

        uid, balances = self._ask_signed(self._dialect.ask_account(), lane, "balances", read)
        if uid is not None:
            self._require_expected(uid)
        # What happens in the same millisecond as the last change may be missing from the answer,
        # and nobody else could tell: an order's funds would look free that are not
        as_of_ms = min(balances.updated_at_ms, self._certain_ms(began_ms))
        return Answer(value=balances, as_of_ms=as_of_ms)

    def _certain_ms(self, monotonic_ms: int) -> int:
        try:
            return self._certain_time_ms(monotonic_ms)
        except ClockUnknown:
            return 0
