"""What Celery is told: lanes, acknowledgement, results, the beat."""

from __future__ import annotations

import pytest
from celery import Task

from tasks import queues
from tasks.app import app
from tasks.monitoring import GUARDS_MS

COMPLETION = {"positions.update_position", "portfolio.update_portfolio"}


@pytest.fixture(scope="module")
def tasks() -> dict[str, Task]:
    """Our own tasks by name."""
    app.loader.import_default_modules()
    return {name: it for name, it in app.tasks.items() if it.__module__.startswith("tasks.")}


def test_every_task_has_a_lane_of_its_own_kind(tasks: dict[str, Task]) -> None:
    """No task falls to the default by omission, and no lane is unknown."""
    lanes = {name: app.amqp.router.route({}, name)["queue"].name for name in tasks}
    assert set(lanes.values()) <= set(queues.LANES)
    monitored = {name for name, lane in lanes.items() if lane == "monitor"}
    assert all(name.startswith("monitoring.") for name in monitored)
    assert {name for name, lane in lanes.items() if lane == "completion"} == COMPLETION


def test_only_completion_is_acknowledged_late_and_keeps_results(tasks: dict[str, Task]) -> None:
    """Anything else must not run a second time because a connection broke."""
    assert {name for name, task in tasks.items() if task.acks_late} == COMPLETION
    assert {name for name, task in tasks.items() if not task.ignore_result} == COMPLETION


def test_nothing_but_json_is_read_or_written() -> None:
    """A message that could run code when it is read is refused."""
    conf = app.conf
    assert conf.accept_content == conf.result_accept_content == ["json"]
    assert {conf.task_serializer, conf.result_serializer, conf.event_serializer} == {"json"}
    assert not conf.result_extended


def test_a_running_task_is_not_handed_out_again() -> None:
    """Redis hands out what is unacknowledged for too long; every task has ended by then."""
    assert app.conf.visibility_timeout > app.conf.task_time_limit > app.conf.task_soft_time_limit
    for options in (app.conf.broker_transport_options, app.conf.result_backend_transport_options):
        assert options["visibility_timeout"] == app.conf.visibility_timeout


def test_every_tick_names_a_task_and_ends_by_itself(tasks: dict[str, Task]) -> None:
    """A worker that was away must not find a night of ticks; a lane that lags by minutes sweeps."""
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in tasks
        assert 600.0 <= entry["options"]["expires"] <= 3_600.0


def test_a_guard_lets_the_next_tick_through() -> None:
    """It is shorter than the interval, and long enough to stop another beat's tick."""
    intervals_ms = {
        entry["task"].removeprefix("monitoring."): entry["schedule"] * 1_000
        for entry in app.conf.beat_schedule.values()
    }
    for name, guard_ms in GUARDS_MS.items():
        assert intervals_ms[name] / 2 < guard_ms < intervals_ms[name]
