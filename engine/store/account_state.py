"""What one account may do, and which life of the server its data was reconciled in."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import Event
from engine.domain.trading_state import AccountState, Epoch, Life, TradingState
from engine.domain.unknown import Rebuilt
from engine.errors import Retryable, StoreUnclear
from engine.store.durability import wait_until_durable
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import plan_events, plan_life
from engine.store.scripts import run_on

#: How long a write without a version is remembered (the scripts say the same).
_REMEMBER_MS = 3_600_000


class AccountStates(AccountPart):
    """The account's own record."""

    def load_state(self) -> AccountState:
        """Return the account's state; one that was never written, or lost, is ACTIVE and held.

        The hold is what stops claims then: a reconcile decides whether the account trades.
        """
        return _read_state(*self._read("load_state", (self._keys.account(),)))

    def begin_reconcile(self) -> AccountState:
        """Return the state, its data marked; who finds a mark works on in the same life."""
        names = self._keys
        keys = (names.account(), names.active(), names.protections(), names.emergency())
        args = (self._now(), fresh_write_id(), names.order(""), names.protection(""))
        # A lost reply may be asked for again: only the first mark counts
        return _read_state(*self._read("begin_reconcile", keys, *args))

    def set_trading_state(
        self,
        state: TradingState,
        reason: str,
        *,
        events: Sequence[Event] = (),
        emergency_run: str = "",
        is_first: bool = False,
        instead_of: AccountState | None = None,
    ) -> bool:
        """Write the state; return when it is as durable as the server makes it.

        `is_first`: only where no state was ever written. `instead_of`: only where the trading
        state is still the one that was seen then; False when another was set meanwhile.

        How that is known: see `wait_until_durable`. A lost reply is looked up. Raises Retryable
        when the state was not written, StoreUnclear when nobody knows or the disk lags.
        `emergency_run` names the run whose own orders a halted account still claims.
        """
        write_id = fresh_write_id()
        plan = {
            "state": state.value,
            "reason": reason,
            "emergency_run": emergency_run,
            "is_first": is_first,
            "write_id": write_id,
            "instead_of": instead_of.trading_state_id if instead_of else "",
            "events": plan_events(self._keys, events),
        }
        written = self._keys.written(write_id)
        keys = (self._keys.account(), self._keys.events(), written)
        try:
            with self._client.session() as session:
                is_set = bool(run_on(session, "set_trading_state", keys, (pack(plan),)))
                wait_until_durable(session)
        except StoreUnclear as error:
            self._confirm(written, error)
            return True
        return is_set

    def _confirm(self, written: str, error: StoreUnclear) -> None:
        """Look up a write whose reply was lost, and wait for the disk with a newer write."""
        with self._client.session() as session:
            if not session.ask("PEXPIRE", written, _REMEMBER_MS):
                raise Retryable("Redis did not write the state; nothing was changed.") from error
            wait_until_durable(session)

    def hold_claims(self) -> None:
        """Let nothing be claimed until a reconcile is finished; twice is as good as once."""
        self._write("hold_claims", (self._keys.account(),))

    def finish_reconcile(self, began_in: Life, *, now_ms: int, lost: Rebuilt | None = None) -> bool:
        """Store the epoch that a reconcile began in; False when server or data left that life."""
        written = self._keys.written(fresh_write_id())
        keys = (self._keys.account(), written)
        told = (lost.opened_at_ms, lost.history_from_ms, lost.lost_by_ms) if lost else ("",) * 3
        args = (pack(plan_life(began_in)), now_ms, *told)
        try:
            return bool(self._write("finish_reconcile", keys, *args))
        except StoreUnclear as error:
            if not self._client.read("EXISTS", written):
                raise Retryable("Redis did not store the reconcile; do it again.") from error
            return True


def _read_state(run_id: str, replication_id: str, flat: Sequence[str]) -> AccountState:
    words = dict(zip(flat[::2], flat[1::2], strict=True))
    return AccountState(
        trading_state=TradingState(words.get("trading_state", TradingState.ACTIVE)),
        halt_reason=words.get("halt_reason", ""),
        emergency_run=words.get("emergency_run", ""),
        trading_state_id=words.get("trading_state_id", "never"),
        epoch=Epoch(run_id=run_id, replication_id=replication_id),
        reconciled_epoch=_reconciled_epoch(words),
        is_opened="opened_at_ms" in words,
        opened_at_ms=int(words.get("opened_at_ms", 0)),
        rebuilt_at_ms=int(words.get("rebuilt_at_ms", 0)),
        history_from_ms=int(words.get("history_from_ms", 0)),
        reconciled_at_ms=int(words.get("reconciled_at_ms", 0)),
        ledger_epoch=int(words.get("ledger_epoch", 0)),
        ledger_began_at_ms=int(words.get("ledger_began_at_ms", 0)),
        mark=words.get("life", ""),
    )


def _reconciled_epoch(words: dict[str, str]) -> Epoch | None:
    if "run_id" not in words:
        return None
    return Epoch(run_id=words["run_id"], replication_id=words["replication_id"])
