"""`augustan up` as its user meets it: it starts, is found, survives kills, and ends clean."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.up import RunningUp
from tests.waiting import eventually
from workers.supervisor.family import MARKS
from workers.supervisor.kept import Kept, flower_password
from workers.supervisor.probes import answers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

WORKERS = ("emergency", "cancel", "worker")


@pytest.fixture
def up(everything: RunningUp) -> RunningUp:
    """One `augustan up`; the last tests of this file end it."""
    return everything


def status_of(url: str, credentials: str = "") -> int:
    """Return the status that an address answers with."""
    request = urllib.request.Request(url)
    if credentials:
        token = base64.b64encode(credentials.encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_everything_runs_and_says_where(up: RunningUp):
    """When `ready` is said, every process is there and every address answers."""
    assert set(up.processes()) == set(MARKS)
    assert status_of(f"{up.addresses['paper_url']}/api/v3/ping") == 200
    assert status_of(f"{up.addresses['flower_url']}/healthcheck") == 200
    assert "ready  store redis://127.0.0.1:" in up.log()


def test_no_secret_is_on_a_command_line_or_in_the_log(up: RunningUp):
    """Passwords are in files and variables of their owner, and nowhere else."""
    secrets = [Kept(up.folder / "data").password("store_password")]
    secrets.append((up.folder / "data" / "flower-password").read_text().strip())
    lines = [" ".join(process.cmdline()) for process in up.left_behind()]

    assert len(lines) > len(MARKS)
    assert [line for line in lines for secret in secrets if secret in line] == []
    assert secrets[0] not in up.log()


def test_another_terminal_finds_it_without_any_setting(up: RunningUp):
    """Plain Celery in the same folder reaches the workers and lists their tasks."""
    answer = up.celery("inspect", "registered", "--json")

    nodes = json.loads(answer.stdout)
    assert {node.split("@")[0] for node in nodes} >= set(WORKERS)
    assert "orders.submit_order" in next(iter(nodes.values()))


def test_the_user_stream_is_listened_to(up: RunningUp):
    """The account's stream comes to live by itself; one of the two processes leads."""

    def stream() -> dict[str, str]:
        answer = json.loads(up.run("status", "--json").stdout)
        return answer["accounts"][0]["stream"] or {}

    eventually(lambda: stream().get("state") == "live", timeout_s=60.0)
    assert stream()["leader"].startswith("stream-")


def test_flower_asks_for_a_password_and_changes_nothing(up: RunningUp):
    """Nobody sees tasks without the password, and with it nobody starts one."""
    credentials = f"{up.addresses['flower_user']}:{flower_password(up.folder / 'data')}"

    assert status_of(f"{up.addresses['flower_url']}/workers") == 401
    assert status_of(f"{up.addresses['flower_url']}/workers", credentials) == 200
    request = urllib.request.Request(
        f"{up.addresses['flower_url']}/api/task/async-apply/monitoring.heartbeat",
        data=b"{}",
        headers={"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value as answer:
        assert answer.code in (403, 405)


def test_no_page_of_flower_and_no_worker_tells_a_password(up: RunningUp):
    """Who may look at the workers still learns no secret from them."""
    password = Kept(up.folder / "data").password("store_password")
    credentials = f"{up.addresses['flower_user']}:{flower_password(up.folder / 'data')}"
    node = f"worker@{socket.gethostname()}"
    pages = [
        page_of(f"{up.addresses['flower_url']}/{path}", credentials)
        for path in (f"worker/{node}", f"api/workers?refresh=1&workername={node}", "broker")
    ]

    assert "submit" in pages[0] + pages[1]
    assert [page for page in pages if password in page] == []
    assert password not in up.celery("inspect", "conf").stdout


def page_of(url: str, credentials: str) -> str:
    """Return a page of Flower's."""
    token = base64.b64encode(credentials.encode()).decode()
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return str(response.read().decode())


def test_a_second_up_in_the_same_folder_is_refused(up: RunningUp):
    """Two of them would share one store file: the second says so and leaves the first alone."""
    second = up.run("up", "--json")

    assert second.returncode == 2
    assert f"process {up.process.pid}" in json.loads(second.stdout)["error"]["message"]
    assert "Traceback" not in second.stderr
    assert set(up.processes()) == set(MARKS)


@pytest.mark.faults
def test_every_process_comes_back_after_a_kill(up: RunningUp):
    """Kill -9 of any process: it is started again and does its work again."""
    before = {name: process.pid for name, process in up.processes().items()}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def all_are_new() -> bool:
        now = {name: process.pid for name, process in up.processes().items()}
        return set(now) == set(before) and not set(now.values()) & set(before.values())

    eventually(all_are_new, timeout_s=60)
    eventually(lambda: workers_answer(up), timeout_s=60)
    assert status_of(f"{up.addresses['paper_url']}/api/v3/ping") == 200


def workers_answer(up: RunningUp) -> bool:
    """Return whether every worker answers over the broker."""
    answer = up.celery("inspect", "ping", "--json")
    nodes = json.loads(answer.stdout) if answer.stdout.startswith("{") else {}
    return {node.split("@")[0] for node in nodes} >= set(WORKERS)


@pytest.mark.faults
def test_a_killed_up_leaves_nothing_and_the_next_one_works(up: RunningUp):
    """After kill -9 of `up` itself its processes end, and a new `up` finds the same store."""
    store_url = up.addresses["store_url"]

    up.signal(signal.SIGKILL)
    up.process.wait()
    up.restart()

    assert up.addresses["store_url"] == store_url
    assert workers_answer(up)


def test_term_ends_everything(up: RunningUp):
    """TERM drains, ends every process, and says so with exit code 0."""
    up.signal(signal.SIGTERM)

    assert up.process.wait(timeout=60) == 0
    assert eventually(lambda: not up.left_behind())
    assert not (up.folder / "data" / "up.json").exists()


def clean_environ() -> dict[str, str]:
    """Return the environment without anything that configures Augustan."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AUGUSTAN")}


def refused(folder: Path, *arguments: str, **environ: str) -> str:
    """Return the sentence with which `augustan up` refuses to start in `folder`."""
    answer = subprocess.run(
        [sys.executable, "-m", "workers.cli.main", "up", *arguments],
        cwd=folder,
        env={**clean_environ(), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 2, answer
    assert "Traceback" not in answer.stderr + answer.stdout
    return answer.stderr


def test_a_taken_port_is_one_sentence(tmp_path: Path):
    """A port that another program has is named before anything is started."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", free_port()))
        stranger.listen()
        port = stranger.getsockname()[1]

        flower = refused(tmp_path, AUGUSTAN__FLOWER__PORT=str(port))
        Kept(tmp_path / "data").put("state", port)
        store = refused(tmp_path, AUGUSTAN__FLOWER__PORT=str(free_port()))

    assert f"Port {port} of 127.0.0.1, which Flower (flower.port) uses" in flower
    assert f"Port {port} of 127.0.0.1, which the state server uses" in store


@pytest.mark.parametrize("there", ["paper/ledger", "store/state/appendonly.aof"])
def test_the_ledger_and_the_store_are_found_together_or_not_at_all(tmp_path: Path, there: str):
    """One of the two alone would book the same trades again, or none: nothing is started."""
    Kept(tmp_path / "data").put("paper_with_store", True)
    file = tmp_path / "data" / there
    file.parent.mkdir(parents=True)
    file.touch()

    sentence = refused(tmp_path, AUGUSTAN__FLOWER__PORT=str(free_port()))

    assert "belong together" in sentence
    assert sentence.count("\n") == 1


def test_an_unknown_role_and_a_missing_store_are_one_sentence(tmp_path: Path):
    """A role that does not exist is told with those that do; workers alone need an address."""
    assert "the roles are store, paper" in refused(tmp_path, "--role", "cook")
    assert "store.url" in refused(tmp_path, "--role", "worker")


@pytest.mark.parametrize("verb", [["worker"], ["flower"]])
def test_celery_tells_a_wrong_configuration_in_a_sentence(tmp_path: Path, verb: list[str]):
    """Plain Celery commands are as clear as our own: no traceback."""
    (tmp_path / "augustan.json").write_text('{"stor": 1}')

    answer = celery_in(tmp_path, *verb)

    assert answer.returncode == 2
    assert "Error: Unknown key 'stor'; did you mean 'store'?" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_worker_without_a_store_ends_with_a_sentence(tmp_path: Path):
    """A worker that cannot know a single order does not pretend to work."""
    answer = celery_in(tmp_path, "worker", "-Q", "poll", "-c", "1")

    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1].startswith("error: No store is known")


def test_flower_is_behind_a_password_wherever_it_is_started(tmp_path: Path):
    """`celery -A tasks flower` in any folder asks for the password of that data folder."""
    port = free_port()
    command = [sys.executable, "-m", "celery", "-A", "tasks", "flower", f"--port={port}"]
    flower = subprocess.Popen(command, cwd=tmp_path, env=clean_environ(), stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(f"{url}/healthcheck"), timeout_s=30)
        password = (tmp_path / "data" / "flower-password").read_text().strip()
        assert status_of(f"{url}/tasks") == 401
        assert status_of(f"{url}/tasks", f"augustan:{password}") == 200
    finally:
        flower.terminate()
        flower.wait(timeout=20)


def celery_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run plain `celery -A tasks` in a folder where nothing runs."""
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "tasks", *arguments],
        cwd=folder,
        env=clean_environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
