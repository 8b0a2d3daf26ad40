"""The claim: the one point at which an order may be sent, and all that forbids it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.trading_state import TradingState
from engine.errors import AccountHeld
from engine.ports import ClaimOutcome, OrderFilter
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS, build_fill, build_order, build_terms
from tests.integration.store.scenes import (
    claim_form,
    filled,
    lost_since,
    record,
    record_claimed,
)
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration


def test_claimed_order_is_in_doubt(account: RedisAccountStore) -> None:
    """The claim writes its whole body, and the order is listed as one without an answer."""
    claimed = claim_form(record(account))

    assert account.claim(1, claimed) is ClaimOutcome.CLAIMED

    assert account.load_order(claimed.client_order_id).value == claimed
    assert account.list_orders(OrderFilter.IN_DOUBT) == (claimed,)
    kinds = [event.kind for event in account.load_timeline(claimed.client_order_id)]
    assert kinds == ["order_recorded", "order_claimed"]


def test_second_claim_is_lost(account: RedisAccountStore) -> None:
    """A claim of a version that is gone writes nothing."""
    stored = record_claimed(account)
    second = claim_form(build_order(), nonce="another")

    assert account.claim(1, second) is ClaimOutcome.LOST

    assert account.load_order(second.client_order_id) == stored


def test_claim_of_an_unknown_order_is_lost(account: RedisAccountStore) -> None:
    """A store that lost the order gives no claim to it."""
    claimed = claim_form(build_order())

    assert account.claim(1, claimed) is ClaimOutcome.LOST
    assert account.find_order(claimed.client_order_id) is None


@pytest.mark.parametrize("word", ["run_id", "replication_id"])
def test_other_life_of_the_server_holds_claims(
    account: RedisAccountStore, server: RedisServer, word: str
) -> None:
    """Either id of the epoch differing is enough, and comes before the trading state."""
    claimed = claim_form(record(account))
    account.set_trading_state(TradingState.HALTED, "a reason")
    with closing(server.client()) as client:
        client.hset("aug:{paper:1000001:spot}:account", word, "another")

    assert account.claim(1, claimed) is ClaimOutcome.EPOCH_HOLD
    assert account.load_state().is_held


def test_account_that_was_never_reconciled_is_held(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """A missing epoch is a hold, not a pass."""
    claimed = claim_form(record(account))
    with closing(server.client()) as client:
        client.delete("aug:{paper:1000001:spot}:account")

    assert account.claim(1, claimed) is ClaimOutcome.EPOCH_HOLD
    state = account.load_state()
    assert (state.is_held, state.is_opened) == (True, False)


def test_halted_account_claims_its_emergency_run_only(account: RedisAccountStore) -> None:
    """The run is named when the account is halted; another name, or none, does not pass.

    Nor does its own order where it may do more than shrink the position.
    """
    claimed = claim_form(record(account))
    account.set_trading_state(TradingState.HALTED, "a reason", emergency_run="run-1")

    assert account.claim(1, claimed) is ClaimOutcome.HALTED
    wrong = account.claim(1, claimed, emergency_run="run-2")
    assert wrong is ClaimOutcome.HALTED
    grows = account.claim(1, claimed, emergency_run="run-1")
    assert grows is ClaimOutcome.REDUCING
    book = account.load_risk_book()
    right = account.claim(1, claimed, emergency_run="run-1", reducing=book)
    assert right is ClaimOutcome.CLAIMED


@pytest.mark.parametrize(
    ("state", "of_no_run"),
    [
        (TradingState.HALTED, ClaimOutcome.HALTED),  # A later halt ends the run of the earlier one
        (TradingState.ACTIVE, ClaimOutcome.CLAIMED),  # Resumed: what it holds now is not sold late
    ],
)
def test_a_run_that_is_over_claims_nothing(
    account: RedisAccountStore, state: TradingState, of_no_run: ClaimOutcome
) -> None:
    """An order of it comes from a process that slept; others are claimed as the account is."""
    claimed = claim_form(record(account))
    account.set_trading_state(TradingState.HALTED, "", emergency_run="run-1")
    account.set_trading_state(state, "")

    book = account.load_risk_book()
    answer = account.claim(1, claimed, emergency_run="run-1", reducing=book)

    assert answer is ClaimOutcome.HALTED
    assert account.claim(1, claimed) is of_no_run


def test_reducing_account_claims_reducing_orders_only(account: RedisAccountStore) -> None:
    """What may open or grow a position waits for ACTIVE."""
    claimed = claim_form(record(account))
    account.set_trading_state(TradingState.REDUCING, "")

    assert account.claim(1, claimed) is ClaimOutcome.REDUCING
    book = account.load_risk_book()
    assert account.claim(1, claimed, reducing=book) is ClaimOutcome.CLAIMED


@pytest.mark.parametrize("change", ["an order", "a trade of ours", "a trade of others"])
def test_reducing_order_is_not_claimed_by_an_older_book(
    account: RedisAccountStore, change: str
) -> None:
    """What was reserved or traded since may have left less to reduce; another look tells."""
    claimed = claim_form(record(account))
    working = (
        record_claimed(account, build_order(request_key="working")) if "ours" in change else None
    )
    account.set_trading_state(TradingState.REDUCING, "")
    book = account.load_risk_book()
    if working is not None:
        order = filled(working.value, "1", status=OrderStatus.FILLED)
        account.commit(working.version, order)
    elif "others" in change:
        account.append_rows([build_fill(client_order_id=None)])
    else:
        record(account, build_order(request_key="other"))

    assert account.claim(1, claimed, reducing=book) is ClaimOutcome.RISK_CHANGED
    assert account.load_order(claimed.client_order_id).version == 1
    again = account.load_risk_book()
    assert account.claim(1, claimed, reducing=again) is ClaimOutcome.CLAIMED


def test_stale_order_is_not_claimed(account: RedisAccountStore, clock: list[int]) -> None:
    """The last valid millisecond still counts."""
    order = record(account)
    clock[0] = order.valid_until_ms + 1
    assert account.claim(1, claim_form(order)) is ClaimOutcome.STALE
    clock[0] = order.valid_until_ms
    assert account.claim(1, claim_form(order)) is ClaimOutcome.CLAIMED


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
def test_refused_claim_writes_nothing(account: RedisAccountStore, state: TradingState) -> None:
    """Order, index and timeline stay as they were."""
    order = record(account)
    account.set_trading_state(state, "")

    account.claim(1, claim_form(order))

    assert account.load_order(order.client_order_id).value == order
    assert account.list_orders(OrderFilter.IN_DOUBT) == ()
    assert len(account.load_timeline(order.client_order_id)) == 1


def test_released_order_is_claimed_again(account: RedisAccountStore) -> None:
    """A definite refusal of a passing kind gives the order back for a new attempt."""
    stored = record_claimed(account)
    released = replace(stored.value, status=OrderStatus.INITIALIZED, nonce=None)
    account.commit(stored.version, released)
    assert account.list_orders(OrderFilter.IN_DOUBT) == ()

    again = claim_form(released, nonce="second")

    assert account.claim(3, again) is ClaimOutcome.CLAIMED
    assert account.load_order(again.client_order_id).value.attempt == 2


def test_reconcile_that_began_in_another_life_does_not_clear_the_hold(
    account: RedisAccountStore,
) -> None:
    """Only the pair that the server still has is stored, and only for the same data."""
    life = account.load_state().life
    epoch = life.epoch

    for other in (
        replace(life, epoch=replace(epoch, run_id="older")),
        replace(life, epoch=replace(epoch, replication_id="older")),
        replace(life, mark="older"),
    ):
        assert not account.finish_reconcile(
            other,
            now_ms=NOW_MS + 1,
            lost=lost_since(NOW_MS),
        )

    assert account.load_state().reconciled_at_ms == NOW_MS


def test_reconcile_of_data_that_went_meanwhile_does_not_clear_the_hold(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """A flush leaves the server's ids as they are; the mark on the data went with it.

    Nor does the older one end the hold, or book what it reckoned, for the newer.
    """
    older = account.begin_reconcile().life
    with closing(server.client()) as client:
        client.flushall()
    newer = account.begin_reconcile().life

    for lost in (None, lost_since(NOW_MS)):
        assert not account.finish_reconcile(older, now_ms=NOW_MS, lost=lost)
    with pytest.raises(AccountHeld):
        account.append_rows([build_fill()], life=older)
    assert account.load_cursors() == {}
    assert account.load_state().is_held
    assert not account.finish_reconcile(newer, now_ms=NOW_MS), "it was never opened"
    assert account.append_rows([build_fill()], life=newer) == 1
    assert account.finish_reconcile(
        newer,
        now_ms=NOW_MS + 7,
        lost=lost_since(NOW_MS + 5),
    )
    state = account.load_state()
    assert (state.is_held, state.is_opened) == (False, True)
    assert (state.opened_at_ms, state.rebuilt_at_ms) == (NOW_MS + 5, NOW_MS + 3)


def test_reconciles_of_one_life_work_together(account: RedisAccountStore) -> None:
    """One that outlives its lease is no loss: whoever is done first ends the hold."""
    first, second = account.begin_reconcile().life, account.begin_reconcile().life

    assert first == second
    assert account.finish_reconcile(first, now_ms=NOW_MS + 1)
    assert account.finish_reconcile(second, now_ms=NOW_MS + 2)


def test_an_order_of_before_the_loss_is_not_claimed_as_the_one_after(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """Who still holds the lost record holds a version that no later record ever has."""
    older = record(account)
    with closing(server.client()) as client:
        client.flushall()
    life = account.begin_reconcile().life
    account.adopt(older, events=[], check_in_ms=None)
    assert account.finish_reconcile(
        life,
        now_ms=NOW_MS,
        lost=lost_since(NOW_MS),
    )

    assert account.claim(1, claim_form(older)) is ClaimOutcome.LOST
    version = account.load_order(older.client_order_id).version
    assert version > NOW_MS
    assert account.claim(version, claim_form(older)) is ClaimOutcome.CLAIMED


def test_a_denial_is_held_back_with_the_account(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """In another life a claim may be among the lost writes: what was claimed is not denied."""
    order = record(account)
    denied = replace(order, status=OrderStatus.DENIED)
    with closing(server.client()) as client:
        client.hset("aug:{paper:1000001:spot}:account", "run_id", "another")

    with pytest.raises(AccountHeld):
        account.commit(1, denied, is_held_back=True)
    assert account.load_order(order.client_order_id).value == order
    account.commit(1, denied)  # What is no guess is written in any life
    assert account.load_order(order.client_order_id).value == denied


def test_trading_state_tells_why(account: RedisAccountStore) -> None:
    """State and reason are read back; changing them makes risk checks run again."""
    before = account.load_risk_book().version

    account.set_trading_state(TradingState.HALTED, "a person said so")

    state = account.load_state()
    assert (state.trading_state, state.halt_reason) == (TradingState.HALTED, "a person said so")
    book = account.load_risk_book()
    assert (book.trading_state, book.version) == (TradingState.HALTED, before + 1)


def test_a_state_that_was_set_meanwhile_stays(account: RedisAccountStore) -> None:
    """Who decided upon what he saw is refused when it has changed, the same words or not."""
    seen = account.load_state()
    assert account.set_trading_state(TradingState.HALTED, "one", instead_of=seen)
    halted = account.load_state()
    account.set_trading_state(TradingState.HALTED, "one")

    assert not account.set_trading_state(TradingState.ACTIVE, "", instead_of=halted)

    assert account.load_state().trading_state is TradingState.HALTED
    assert account.set_trading_state(TradingState.ACTIVE, "", instead_of=account.load_state())
    assert account.load_state().trading_state is TradingState.ACTIVE


def test_barred_symbol_claims_what_cannot_rest_only(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """A resting order waits until the bar ends, by its owner or by time; others are not held."""
    resting = record(account, build_order())
    market = build_terms(order_type=OrderType.MARKET, price=None)
    other = record(account, build_order(request_key="other", terms=build_terms(symbol="ETH/USDT")))
    immediate = record(account, build_order(request_key="now", terms=market))
    assert account.bar_claims(resting.terms.symbol, "a", 1_000)
    assert not account.bar_claims(resting.terms.symbol, "b", 1_000)
    account.lift_bar(resting.terms.symbol, "b")
    assert account.claim(1, claim_form(resting)) is ClaimOutcome.BARRED
    assert account.load_order(resting.client_order_id).version == 1
    for order in (other, immediate):
        assert account.claim(1, claim_form(order)) is ClaimOutcome.CLAIMED
    clock[0] += 1_000
    assert account.bar_claims(resting.terms.symbol, "b", 1_000)
    account.lift_bar(resting.terms.symbol, "b")
    assert account.claim(1, claim_form(resting)) is ClaimOutcome.CLAIMED
