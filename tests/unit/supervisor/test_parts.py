"""The parts of the supervisor, each alone."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import load_settings
from engine.config.telling import to_environ
from engine.errors import ConfigurationError
from tasks import queues
from tests.waiting import eventually
from workers.logs import SecretlessFormatter, SweepFilter, secrets_of
from workers.supervisor.child import Child, ChildSpec
from workers.supervisor.choices import serve_only
from workers.supervisor.console import MAX_WAITING, Console
from workers.supervisor.guard import end_groups, is_alive, watch
from workers.supervisor.kept import Kept, flower_password, free_port
from workers.supervisor.paper import arguments
from workers.supervisor.plan import LANES

#: A process that ignores TERM and has a child that does so, too.
STUBBORN = (
    "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();"
    # One write each: the lines of two processes must not mix
    "os.write(1, b'up\\n'); time.sleep(60)"
)


def test_what_is_kept_stays(tmp_path: Path):
    """A port and a password are made once; only their owner may read them."""
    kept, shown = Kept(tmp_path), flower_password(tmp_path)
    port, password = kept.port("state"), kept.password("store")

    again = Kept(tmp_path)

    assert (again.port("state"), again.password("store")) == (port, password)
    assert flower_password(tmp_path) == shown
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("text", ["", "[1]", "{", "\udcff"])
def test_a_torn_file_of_kept_values_is_one_sentence(tmp_path: Path, text: str):
    """Starting with new passwords instead would lock us out of our own store."""
    Kept(tmp_path).path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(ConfigurationError, match=r"kept\.json"):
        Kept(tmp_path).port("state")


def test_ports_stay_clear_of_outgoing_connections():
    """A port from the system's own range could be taken by any connection while we are down."""
    assert all(20_000 <= free_port() < 32_000 for _ in range(20))


@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 3), st.integers(1, 5))))
def test_the_guard_ends_exactly_what_still_runs(told: list[tuple[str, int, int]]):
    """Groups that came and went are left alone; after `done`, all are."""
    alive: dict[int, int] = {}
    for sign, stage, group in told:
        if sign == "+":
            alive[group] = stage
        else:
            alive.pop(group, None)
    lines = [f"+ {s} {g}\n" if sign == "+" else f"- {g}\n" for sign, s, g in told]

    assert watch(lines) == alive
    assert watch([*lines, "done\n"]) == {}


@pytest.mark.faults
def test_a_group_that_ignores_term_is_killed_with_its_children():
    """Nothing survives the guard, grandchildren included."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == [b"up\n", b"up\n"]

    end_groups({process.pid: 1}, grace_s=0.2)

    assert process.wait(timeout=5) == -signal.SIGKILL
    process.stdout.close()
    assert eventually(lambda: not is_alive(process.pid))


class StoppedTerminal(io.StringIO):
    """Takes no line until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.go_on.wait(timeout=10)
        return super().write(text)


def test_a_stopped_terminal_does_not_stop_the_workers():
    """Lines beyond what can wait are counted and dropped, and the count is told."""
    terminal = StoppedTerminal()
    console = Console(use_colour=False, stream=terminal)

    for number in range(MAX_WAITING + 500):
        console.line("worker", f"line {number}")
    terminal.go_on.set()
    console.close()

    assert "lines were dropped)" in terminal.getvalue()
    assert "    worker | line 0\n" in terminal.getvalue()


def test_a_reader_that_went_away_is_no_error():
    """`augustan up | head` ends the printing, not the trading."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as stream:
        console = Console(use_colour=False, stream=stream)
        console.say("x" * 100_000)
        console.close()
        console.line("worker", "still here")


def test_every_lane_has_a_worker():
    """A queue that no worker of `up` reads would be a hole into which orders fall."""
    served = [lane for lanes, _ in LANES.values() for lane in lanes]

    assert sorted(served) == sorted(queues.LANES)


def test_a_machine_serves_the_addresses_that_it_is_told():
    """Its children read which; a typing error is a sentence, not a machine that serves nobody."""
    environ = {
        "AUGUSTAN_CONFIG": "none",
        "AUGUSTAN__ACCOUNTS__A__BASE_URL": "paper",
        "AUGUSTAN__ACCOUNTS__A__EGRESS": "b",
    }
    settings = load_settings(environ=environ)

    assert serve_only(settings, ()) == settings
    told = to_environ(serve_only(settings, ["b"]))
    child = load_settings(environ={**environ, **told})
    assert child.served_egress == ("b",)
    assert child.serves(child.account("a"))
    with pytest.raises(ConfigurationError, match=r"No account uses the egress 'c'.*default, b"):
        serve_only(settings, ["c"])


def test_each_paper_account_has_its_own_number():
    """Accounts with keys of their own are accounts of their own at the paper exchange."""
    environ = {
        "AUGUSTAN_CONFIG": "none",
        "AUGUSTAN__ACCOUNTS__A__BASE_URL": "paper",
        "AUGUSTAN__ACCOUNTS__B__BASE_URL": "paper",
        "AUGUSTAN__ACCOUNTS__B__API_KEY": "other",
        "AUGUSTAN__PAPER__BALANCES__USDT": "1E+3",
    }

    given = arguments(load_settings(environ=environ), 1234)

    keys = [given[at + 1].split(":") for at, word in enumerate(given) if word == "--account"]
    assert [key[:2] for key in keys] == [["paper", "paper"], ["other", "paper"]]
    assert len({key[2] for key in keys}) == 2
    assert given[given.index("--balance") + 1] == "USDT=1000"
    assert given[given.index("--futures-balance") + 1] == "USDT=10000"


def test_no_secret_reaches_the_log():
    """Whatever a record says, traceback included, our secrets are masked in it."""
    environ = {
        "AUGUSTAN_CONFIG": "none",
        "AUGUSTAN_STORE_URL": "redis://:stOre-secret@h/0",
        "AUGUSTAN__ACCOUNTS__A__API_KEY": "kEy-secret",
        "AUGUSTAN__ACCOUNTS__A__SECRET": "accOunt-secret",
        "AUGUSTAN__ACCOUNTS__A__TESTNET": "yes",
        "AUGUSTAN__FLOWER__PASSWORD": "flOwer-secret",
    }
    secrets = secrets_of(load_settings(environ=environ))
    try:
        raise ValueError("accOunt-secret")
    except ValueError:
        record = logging.LogRecord("n", 20, "f", 1, "%s", (" ".join(secrets),), sys.exc_info())

    line = SecretlessFormatter(secrets).format(record)

    assert len(secrets) == 4
    assert [secret for secret in secrets if secret in line] == []
    assert "ValueError: ***" in line


@pytest.mark.parametrize(
    ("level", "name", "is_shown"),
    [
        (20, "monitoring.heartbeat", False),
        (40, "monitoring.heartbeat", True),
        (20, "orders.x", True),
    ],
)
def test_only_the_success_of_sweeps_is_left_out(level: int, name: str, is_shown: bool):
    """Several ticks a second are no news; a failed one is."""
    record = logging.LogRecord("celery.app.trace", level, "f", 1, "m", (), None)
    record.data = {"name": name}

    assert SweepFilter().filter(record) is is_shown


def test_a_process_that_the_system_cannot_start_is_tried_again(tmp_path: Path):
    """For want of processes, files or memory: its place must not stay empty without a word."""
    program, said = tmp_path / "program", []

    async def run() -> str:
        spec = ChildSpec(name="child", command=[str(program)], stage=0)
        child = Child(spec, on_line=lambda *_: None, on_group=lambda *_: None, say=said.append)
        child.start()
        await eventually_true(lambda: len(said) >= 2)
        program.write_text("#!/bin/sh\necho here; sleep 60\n")
        program.chmod(0o700)
        await eventually_true(lambda: child.last_line == "here")
        await child.stop()
        return child.last_line

    assert asyncio.run(run()) == "here"
    assert "cannot be started" in said[0]
    assert "starting it again" in said[1]


async def eventually_true(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.01)
