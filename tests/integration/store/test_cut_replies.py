"""A real cut of the wire, before a write reaches the server or before its reply comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import ConcurrentChange, Retryable, StoreUnclear
from engine.store.scripts import load_all
from engine.store.store import RedisStore
from tests.builders import IDENTITY, NOW_MS
from tests.integration.store.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.integration.store.operations import OPERATIONS, ORDER, Operation
from tests.integration.store.scenes import claim_form, filled, open_account, record_claimed
from tests.integration.store.snapshots import snapshot
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.faults]

DECIDED = [operation for operation in OPERATIONS if operation.is_decided]
UNDECIDED = [operation for operation in OPERATIONS if not operation.is_decided]


@pytest.fixture
def proxy(server: RedisServer) -> Iterator[CuttingProxy]:
    with closing(RedisStore.from_url(f"redis://127.0.0.1:{server.port}/0")) as store:
        load_all(store.client)
    with cutting_proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def cut_store(proxy: CuttingProxy) -> Iterator[RedisStore]:
    store = RedisStore.from_url(f"redis://127.0.0.1:{proxy.port}/0", now_ms=lambda: NOW_MS)
    yield store
    store.close()


def run_cut(store: RedisStore, proxy: CuttingProxy, operation: Operation, cut: Cut) -> Any:
    account = open_account(store)
    ready = operation.prepare(store, account)
    proxy.arm(cut)
    return operation.run(store, account, ready)


@pytest.mark.parametrize("operation", DECIDED, ids=str)
def test_lost_reply_is_looked_up(
    operation: Operation, cut_store: RedisStore, proxy: CuttingProxy, server: RedisServer
) -> None:
    """The write happened once and is answered as if its reply had come."""
    with closing(server.client()) as client:
        account = open_account(cut_store)
        expected = operation.run(cut_store, account, operation.prepare(cut_store, account))
        uncut = snapshot(client)
        client.flushall()

        assert run_cut(cut_store, proxy, operation, Cut.AFTER) == expected
        assert snapshot(client) == uncut

    assert proxy.writes == 1


@pytest.mark.parametrize("operation", DECIDED, ids=str)
def test_lost_request_is_found_out_and_never_sent_again(
    operation: Operation, cut_store: RedisStore, proxy: CuttingProxy, server: RedisServer
) -> None:
    """Nothing was changed, the caller is told so, and may try again."""
    with pytest.raises(Retryable):
        run_cut(cut_store, proxy, operation, Cut.BEFORE)

    assert proxy.writes == 0
    account = cut_store.account(IDENTITY)
    operation.run(cut_store, account, account.load_state().life)


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("operation", UNDECIDED, ids=str)
def test_write_that_cannot_be_looked_up_is_unclear(
    operation: Operation, cut: Cut, cut_store: RedisStore, proxy: CuttingProxy
) -> None:
    """The caller learns that nobody knows; it was sent once at most."""
    with pytest.raises(StoreUnclear):
        run_cut(cut_store, proxy, operation, cut)

    assert proxy.writes == (1 if cut is Cut.AFTER else 0)


@pytest.mark.parametrize("cut", list(Cut))
def test_unclear_claim_shows_itself_by_its_nonce(
    cut: Cut, cut_store: RedisStore, proxy: CuttingProxy
) -> None:
    """Whoever finds the order SUBMITTED with the nonce resolves it; nobody else may claim it."""
    claim = next(operation for operation in OPERATIONS if operation.name == "claim")

    with pytest.raises(StoreUnclear):
        run_cut(cut_store, proxy, claim, cut)

    found = cut_store.account(IDENTITY).load_order(ORDER.client_order_id)
    if cut is Cut.AFTER:
        assert (found.value.status, found.value.nonce) == (OrderStatus.SUBMITTED, "a-nonce")
        again = cut_store.account(IDENTITY).claim(1, claim_form(ORDER, "b"))
        assert again == "lost"
    else:
        assert (found.value, found.version) == (ORDER, 1)


def test_lost_commit_that_another_overtook_is_a_concurrent_change(
    cut_store: RedisStore, proxy: CuttingProxy, server: RedisServer
) -> None:
    """The request never arrived, and somebody else wrote the version meanwhile."""
    account = open_account(cut_store)
    stored = record_claimed(account, ORDER)
    direct = RedisStore.from_url(server.url, now_ms=lambda: NOW_MS)
    with closing(direct):
        direct.account(IDENTITY).commit(2, filled(stored.value, status=OrderStatus.ACCEPTED))
    proxy.arm(Cut.BEFORE)

    with pytest.raises(ConcurrentChange):
        account.commit(2, filled(stored.value, "1", status=OrderStatus.FILLED))


def test_cut_question_is_asked_again(cut_store: RedisStore, proxy: CuttingProxy) -> None:
    """A read survives the loss of its connection."""
    account = open_account(cut_store)
    proxy.arm(Cut.AFTER)

    assert account.load_state().is_opened
