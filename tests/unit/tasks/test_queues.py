"""Work goes to the queues of its account's egress address, and some worker reads each of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Settings, load_settings
from engine.errors import ConfigurationError
from tasks.dispatch import build_dispatcher
from tasks.queues import (
    HOME_LANES,
    LANES,
    EgressRoute,
    egress_route,
    lane_queues,
    queue_name,
    served_queues,
)

ENVIRON = {
    "AUGUSTAN_CONFIG": "none",
    "AUGUSTAN_STORE_URL": "redis://127.0.0.1:1/0",
    "AUGUSTAN__ACCOUNTS__NEAR__BASE_URL": "paper",
    "AUGUSTAN__ACCOUNTS__FAR__BASE_URL": "paper",
    "AUGUSTAN__ACCOUNTS__FAR__EGRESS": "b",
}
ROUTE = EgressRoute({"near": "default", "far": "b"})
NAMES = st.sampled_from(["default", "b", "c.d"])


def settings(**more: str) -> Settings:
    return load_settings(environ=ENVIRON | more)


@pytest.mark.parametrize(
    ("task", "args", "queue"),
    [
        ("orders.submit_order", ("far", "id"), "submit@b"),
        ("orders.submit_order", ["far", "id"], "submit@b"),
        ("orders.cancel_order", ("near", "id"), "cancel"),
        ("monitoring.watch_account", ("far",), "monitor@b"),
        ("monitoring.watch_due_orders", (), "monitor"),
        ("monitoring.watch_due_orders", None, "monitor"),
        ("portfolio.update_portfolio", ("far", "entry"), "completion@b"),
        ("emergency.stop", ("unknown",), "emergency"),
    ],
)
def test_task_goes_to_its_lane_at_its_accounts_address(task: str, args: Any, queue: str) -> None:
    """A tick, and an account that is not known here, goes to the plain lane."""
    assert ROUTE(task, args, {}, {}, task=None) == {"queue": queue}


def test_task_of_no_lane_has_no_route() -> None:
    """Celery's own tasks are not ours to send anywhere."""
    assert ROUTE("celery.chord", ("far",)) is None


def test_every_route_leads_to_a_queue() -> None:
    """What cannot be routed would be an error when an order is placed."""
    queues, route = lane_queues(settings()), egress_route(settings())
    for account in ("near", "far"):
        assert route("orders.submit_order", (account, "id"))["queue"] in queues
    assert set(queues) == {
        queue_name(lane, egress) for lane in LANES for egress in ("default", "b")
    }


@given(st.lists(st.sampled_from(LANES), min_size=1), st.lists(NAMES, min_size=1))
def test_chosen_lane_is_served_at_each_address(lanes: list[str], egresses: list[str]) -> None:
    """No more, no less, and each once."""
    served = served_queues(lanes, egresses)

    assert set(served) == {
        queue_name(lane, egress)
        for lane in lanes
        for egress in egresses
        if egress == "default" or lane not in HOME_LANES
    }
    assert len(served) == len(set(served))


def test_queue_of_an_address_that_is_not_served_is_left_out() -> None:
    """A worker without -Q is offered all that there is."""
    every = [queue_name(lane, egress) for lane in LANES for egress in ("default", "b")]

    assert set(served_queues(every, ["b"])) == {f"{lane}@b" for lane in {*LANES} - HOME_LANES}
    assert served_queues(["submit@b"], ["default", "b"]) == ("submit@b",)
    assert served_queues(["submit@b"], ["default"]) == ()


def test_settings_name_the_addresses() -> None:
    """The default one is always there: ticks have no account."""
    assert settings().egress_names() == ("default", "b")
    assert settings(AUGUSTAN__SERVED_EGRESS="b").served_egress == ("b",)
    far = settings(AUGUSTAN__EGRESS__B__SOURCE_ADDRESS="127.0.0.2")
    assert far.source_address(far.account("far")) == "127.0.0.2"
    assert far.source_address(far.account("near")) is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AUGUSTAN__SERVED_EGRESS", "c", "served_egress names 'c'.*default, b"),
        ("AUGUSTAN__EGRESS__B__SOURCE_ADDRESS", "here", "must be an IP address"),
    ],
)
def test_address_that_cannot_be_is_one_sentence(name: str, value: str, words: str) -> None:
    """A typing error must not become a machine that serves nobody."""
    with pytest.raises(ConfigurationError, match=words):
        settings(**{name: value})


def test_dispatcher_of_other_settings_knows_their_queues() -> None:
    """A script may name a configuration of its own."""
    dispatcher = build_dispatcher(settings())
    router = dispatcher._app.amqp.router

    assert router.route({}, "orders.submit_order", ("far", "id"))["queue"].name == "submit@b"
