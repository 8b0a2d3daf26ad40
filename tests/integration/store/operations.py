"""Every write of the store, each with what it needs and how one sees that it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.domain.checkpoint import Checkpoint, advance, empty_checkpoint
from engine.domain.emergency import EmergencyRun
from engine.domain.events import Event, EventKind
from engine.domain.fill import LedgerRow
from engine.domain.look import LookMemory
from engine.domain.order_status import OrderStatus
from engine.domain.portfolio import Portfolio
from engine.domain.position import empty_position
from engine.domain.signal import Signal, SignalRecord, SignalType
from engine.domain.strategy import StrategyRecord
from engine.domain.trading_state import Life, TradingState
from engine.ports import LeavingGroup
from engine.store.account import RedisAccountStore
from engine.store.keys import AccountKeys
from engine.store.store import RedisStore
from tests.builders import IDENTITY, NOW_MS, build_fill, build_order, build_protection
from tests.integration.store.scenes import (
    SYMBOL,
    build_group,
    claim_form,
    filled,
    lost_since,
    record,
    record_claimed,
    report_live,
)

ORDER = build_order()
EVENT = Event(kind=EventKind.ALARM, at_ms=NOW_MS)
RUN = EmergencyRun(run_id="run", account="paper", reason="why", began_at_ms=NOW_MS)
SIGNAL = SignalRecord(signal=Signal(symbol=SYMBOL, signal_type=SignalType.LONG))

Account = RedisAccountStore


def live_term(account: Account) -> int:
    term = account.lead_stream("a", 60_000)
    assert term is not None
    assert report_live(account, term)
    return term


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One write, run on an account that `prepare` has made ready."""

    name: str
    run: Callable[[RedisStore, Account, Any], Any]  # The last: what `prepare` returned
    prepare: Callable[[RedisStore, Account], Any] = lambda store, account: None
    #: What it returns when its reply was lost and it had happened; None: it raises StoreUnclear.
    is_decided: bool = True
    #: It makes room, so a full server still does it.
    frees_memory: bool = False

    def __str__(self) -> str:
        return self.name


def prepare_leaving(store: RedisStore, account: Account) -> LeavingGroup:
    """Have a denied order come to rest whose key has expired."""
    denied = ORDER.to(OrderStatus.DENIED)
    record(account, denied)
    account.finish_outbox(denied.group_id, account.load_state().life)
    account.bind_archive("an-archive")
    store.client.write("DEL", AccountKeys(IDENTITY.slug).request(denied.request_key))
    stored = account.load_order(denied.client_order_id)
    return LeavingGroup(group_id=denied.group_id, orders=(stored,))


def prepare_rows(account: Account) -> tuple[Checkpoint, tuple[LedgerRow, ...], Life]:
    """Book and fold a row; return what its leaving needs."""
    life = account.load_state().life
    account.append_rows([build_fill()])
    rows = account.load_rows(SYMBOL)
    checkpoint = advance(empty_checkpoint("paper", SYMBOL), rows)
    account.save_position(0, checkpoint.position, life=life)
    return checkpoint, rows, life


def prepare_entry(account: Account) -> Life:
    """Open an outbox entry; return the life that it is in."""
    account.open_outbox("an-entry", {})
    return account.load_state().life


OPERATIONS = (
    Operation(
        name="record",
        run=lambda store, account, ready: account.record(build_group(ORDER), risk_version=0),
    ),
    Operation(
        name="claim",
        prepare=lambda store, account: record(account, ORDER),
        run=lambda store, account, ready: account.claim(1, claim_form(ORDER)),
        is_decided=False,
    ),
    Operation(
        name="commit",
        prepare=lambda store, account: record_claimed(account, ORDER),
        run=lambda store, account, ready: account.commit(
            2, filled(claim_form(ORDER), "1", status=OrderStatus.FILLED), events=[EVENT]
        ),
    ),
    Operation(
        name="adopt",
        run=lambda store, account, ready: account.adopt(
            filled(ORDER, "1", status=OrderStatus.FILLED), events=[EVENT], check_in_ms=None
        ),
    ),
    Operation(
        name="claim_due",
        prepare=lambda store, account: record(account, ORDER),
        run=lambda store, account, ready: account.claim_due(1_000, 10),
        is_decided=False,
    ),
    Operation(
        name="postpone",
        prepare=lambda store, account: (record(account, ORDER), account.claim_due(1_000, 1))[1][0],
        run=lambda store, account, ready: account.postpone({ready: 7}),
        is_decided=False,
    ),
    Operation(
        name="save_look",
        run=lambda store, account, ready: account.save_look(
            0, LookMemory(asked_at_ms=NOW_MS, next_ms=NOW_MS + 7), NOW_MS, is_over=False
        ),
        is_decided=False,
    ),
    Operation(
        name="append_rows",
        run=lambda store, account, ready: account.append_rows([build_fill()], events=[EVENT]),
    ),
    Operation(
        name="remove_group",
        prepare=lambda store, account: prepare_leaving(store, account),
        run=lambda store, account, ready: account.remove_group(ready, "an-archive"),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="remove_rows",
        prepare=lambda store, account: prepare_rows(account),
        run=lambda store, account, ready: account.remove_rows(0, *ready[:2], life=ready[2]),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="save_position",
        prepare=lambda store, account: account.load_state().life,
        run=lambda store, account, ready: account.save_position(
            0, empty_position("paper", SYMBOL), life=ready
        ),
    ),
    Operation(
        name="save_portfolio",
        prepare=lambda store, account: account.load_state().life,
        run=lambda store, account, ready: account.save_portfolio(
            0, Portfolio(account="paper"), life=ready
        ),
    ),
    Operation(
        name="claim_outbox",
        prepare=lambda store, account: account.open_outbox("an-entry", {}),
        run=lambda store, account, ready: account.claim_outbox(1_000, 10),
        is_decided=False,
    ),
    Operation(
        name="open_outbox",
        run=lambda store, account, ready: account.open_outbox("an-entry", {}),
        is_decided=False,
    ),
    Operation(
        name="finish_outbox",
        prepare=lambda store, account: prepare_entry(account),
        run=lambda store, account, ready: account.finish_outbox("an-entry", ready),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="set_trading_state",
        run=lambda store, account, ready: account.set_trading_state(
            TradingState.HALTED, "why", events=[EVENT]
        ),
    ),
    Operation(
        name="save_emergency",
        run=lambda store, account, ready: account.save_emergency(0, RUN),
    ),
    Operation(
        name="save_protection",
        run=lambda store, account, ready: account.save_protection(0, build_protection()),
    ),
    Operation(
        name="finish_reconcile",
        prepare=lambda store, account: account.load_state().life,
        run=lambda store, account, ready: account.finish_reconcile(
            ready,
            now_ms=NOW_MS + 1,
            lost=lost_since(NOW_MS),
        ),
    ),
    Operation(
        name="hold_claims",
        run=lambda store, account, ready: account.hold_claims(),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="begin_ledger",
        prepare=lambda store, account: account.append_rows([build_fill()]),
        run=lambda store, account, ready: account.begin_ledger(
            0,
            {SYMBOL: empty_position("paper", SYMBOL)},
            None,
            began_at_ms=NOW_MS,
            events=[EVENT],
        ),
    ),
    Operation(
        name="save_trade_cursor",
        prepare=lambda store, account: account.load_state().life,
        run=lambda store, account, ready: account.save_trade_cursor(
            SYMBOL, "7", read_from=None, life=ready
        ),
        is_decided=False,
    ),
    Operation(
        name="emit", run=lambda store, account, ready: account.emit([EVENT]), is_decided=False
    ),
    Operation(
        name="lead_stream",
        run=lambda store, account, ready: account.lead_stream("a", 60_000),
        is_decided=False,
    ),
    Operation(
        name="report_stream",
        prepare=lambda store, account: account.lead_stream("a", 60_000),
        run=lambda store, account, ready: report_live(account, ready),
        is_decided=False,
    ),
    Operation(
        name="resign_stream",
        prepare=lambda store, account: account.lead_stream("a", 60_000),
        run=lambda store, account, ready: account.resign_stream(ready),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="doubt_stream",
        prepare=lambda store, account: live_term(account),
        run=lambda store, account, ready: account.doubt_stream(ready, "why"),
        is_decided=False,
    ),
    Operation(
        name="save_identity",
        run=lambda store, account, ready: store.save_identity("main", IDENTITY),
        is_decided=False,
    ),
    Operation(
        name="bar_claims",
        run=lambda store, account, ready: account.bar_claims(SYMBOL, "a", 60_000),
        is_decided=False,
    ),
    Operation(
        name="lift_bar",
        prepare=lambda store, account: account.bar_claims(SYMBOL, "a", 60_000),
        run=lambda store, account, ready: account.lift_bar(SYMBOL, "a"),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="acquire_lease",
        run=lambda store, account, ready: store.acquire_lease("leader", "a", 60_000),
        is_decided=False,
    ),
    Operation(
        name="release_lease",
        prepare=lambda store, account: store.acquire_lease("leader", "a", 60_000),
        run=lambda store, account, ready: store.release_lease("leader", "a"),
        is_decided=False,
        frees_memory=True,
    ),
    Operation(
        name="save_signal",
        run=lambda store, account, ready: store.save_signal("s1", SIGNAL, only_new=True),
    ),
    Operation(
        name="save_strategy",
        run=lambda store, account, ready: store.save_strategy(
            0, StrategyRecord(account="paper", name="cross")
        ),
        is_decided=False,
    ),
    Operation(
        name="put_cache",
        run=lambda store, account, ready: store.put_cache("markets", "{}", 60_000),
        is_decided=False,
    ),
    Operation(
        name="beat",
        run=lambda store, account, ready: store.beat("w", NOW_MS, 60_000),
        is_decided=False,
    ),
)
