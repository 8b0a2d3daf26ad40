"""The compose file is valid, and runs what `augustan up` runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery
from flower.options import default_options

import celeryconfig
from engine.config import load_settings
from tasks import queues
from workers.cli.main import VERBS
from workers.paper_exchange.options import parse_options
from workers.supervisor.plan import BEATS, LANES, STREAMS, Role, stream_children, worker_arguments

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
OURS = {name: it for name, it in COMPOSE["services"].items() if it.get("image") == "augustan"}


def words(service: str) -> list[str]:
    """Return the command of a service, split as Compose splits it."""
    return shlex.split(COMPOSE["services"][service]["command"])


def schema_accepts(file: Path) -> bool:
    """Return whether the specification of Compose accepts the file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    answer = subprocess.run([*command, str(file)], capture_output=True, check=False)
    return answer.returncode == 0


def test_the_specification_accepts_the_file(tmp_path: Path):
    """The schema of the Compose specification is satisfied, and would notice a mistake."""
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(FILE.read_text().replace("    command:", "    comand:"))

    assert schema_accepts(FILE)
    assert not schema_accepts(broken)


@pytest.mark.parametrize("role", list(LANES))
def test_workers_are_those_of_up(role: str):
    """A lane runs with the same arguments in a container as in the terminal."""
    ours, theirs = worker_arguments(role), words(role)[1:]
    at = ours.index("-c") + 1
    if LANES[role][1] == 0:
        ours[at] = theirs[at]  # By the size of the machine there, fixed here

    assert theirs == ours


def test_every_lane_is_served():
    """No queue is left without a worker."""
    served = ",".join(words(role)[words(role).index("-Q") + 1] for role in LANES).split(",")

    assert sorted(served) == sorted(queues.LANES)


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_command_is_one_that_exists(service: str):
    """What a container starts is installed, and takes the arguments that it is given."""
    program, *arguments = words(service)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    if program == "augustan":
        assert program in scripts
        assert arguments[0] == "paper-exchange"
        assert arguments[0] in VERBS
        assert parse_options(arguments[1:]).port == 8700
        return
    if program == "python":
        assert arguments[0] == "-m"
        assert find_spec(arguments[1])
        return
    assert program == "celery"
    _, tasks, verb, *rest = arguments
    assert tasks == "tasks"
    if verb == "flower":
        assert all(word.removeprefix("--").split("=")[0] in default_options for word in rest)
        return
    known = {option for parameter in celery.commands[verb].params for option in parameter.opts}
    assert [word for word in rest if word.startswith("-") and word not in known] == []


def test_there_are_two_beats():
    """One may die; the guard in the store lets one tick through."""
    assert [name for name in OURS if name.startswith("beat")] == list(BEATS)


def test_there_are_two_listeners_with_the_arguments_of_up():
    """One leads each account, the other takes over."""
    children = stream_children([Role.STREAM], {}, load_settings(environ={}))

    assert [child.name for child in children] == list(STREAMS)
    for child in children:
        assert words(child.name)[1:] == list(child.command)[1:]


def test_no_listener_runs_where_none_is_wanted():
    """With stream.enabled false, orders are polled."""
    settings = load_settings(environ={"AUGUSTAN__STREAM__ENABLED": "false"})

    assert stream_children([Role.STREAM], {}, settings) == []


@pytest.mark.parametrize("service", sorted(OURS))
def test_the_environment_is_a_configuration(service: str):
    """Every variable of a service is one that Augustan reads, and they fit together."""
    environ = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", "a-password", str(value))
        for name, value in OURS[service]["environment"].items()
    }

    settings = load_settings(environ={**environ, "AUGUSTAN_CONFIG": "none"})

    assert settings.state_address().hosts == (("state", 6379),)
    assert settings.store.broker
    assert settings.store.results
    assert settings.store.broker.hosts == settings.store.results.hosts == (("messages", 6379),)
    assert {"state", "messages"} <= set(COMPOSE["services"])
    assert settings.endpoint(settings.account()) == "http://paper-exchange:8700"


def test_nothing_but_flower_is_published_and_that_on_loopback():
    """Redis and the paper exchange are for the services, not for the network."""
    ports = {name: it["ports"] for name, it in COMPOSE["services"].items() if "ports" in it}

    assert ports == {"flower": ["127.0.0.1:5555:5555"]}
    assert OURS["flower"]["environment"]["AUGUSTAN__FLOWER__PASSWORD"].startswith(
        "${FLOWER_PASSWORD:?"
    )


def test_a_task_may_end_before_its_container_is_killed():
    """The grace of every worker is longer than the longest task."""
    graces = [int(it["stop_grace_period"].removesuffix("s")) for it in OURS.values()]

    assert min(graces) > celeryconfig.task_time_limit


@pytest.mark.parametrize(("name", "fsync"), [("state", "always"), ("messages", "everysec")])
def test_the_stores_keep_what_they_acknowledge(name: str, fsync: str):
    """Each server has the durability that the design asks of it, and evicts nothing."""
    lines = (ROOT / "deploy" / f"redis-{name}.conf").read_text().splitlines()

    wanted = {"appendonly yes", f"appendfsync {fsync}", "maxmemory-policy noeviction", 'save ""'}
    assert wanted <= set(lines)
    mounts = COMPOSE["services"][name]["volumes"]
    assert f"./deploy/redis-{name}.conf:/etc/augustan.conf:ro" in mounts


def test_the_image_copies_what_exists():
    """Every path that the Dockerfile copies is in the project."""
    copied = re.findall(r"^COPY (.*) \S+$", (ROOT / "Dockerfile").read_text(), flags=re.M)

    assert copied
    assert [path for line in copied for path in line.split() if not (ROOT / path).exists()] == []
