"""The store's way to Redis: every command is a call at which others may go on.

The store, its scripts and the server are the real ones. What fails is the way there: a command is
refused, or its reply is lost, before it ran or after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson

import engine.store.scripts as scripts
from engine.errors import StoreUnavailable, StoreUnclear
from engine.store.client import RedisClient, Session, Word
from tests.simulation.scheduler import Scheduler

PLACE = "the simulated store"
#: Where the newest copy is, that a failing server falls back to.
COPY = 1

#: Every script of the store.
SCRIPTS = sorted((Path(scripts.__file__).parent / "lua").glob("[!_]*.lua"))

#: Copy everything from one database to another.
TAKE_COPY = """
for _, key in ipairs(redis.call("KEYS", "*")) do
    redis.call("COPY", key, key, "DB", ARGV[1], "REPLACE")
end
"""


def know_scripts(connection: Any) -> None:
    """Have a server know every script: the first world must go as any other."""
    session = Session(connection, PLACE)
    for path in SCRIPTS:
        session.ask("SCRIPT", "LOAD", scripts.load_script(path.stem).text)


class SimulatedLink(RedisClient):
    """Implements what the store needs of a RedisClient, for all processes of a world."""

    def __init__(self, connection: Any, scheduler: Scheduler) -> None:
        self.place = PLACE
        self.scheduler = scheduler
        self.down_until_ms = 0
        #: Told of a script that answered something else when it came again.
        self.on_other_answer: Callable[[str, object, object], None] = lambda *what: None
        #: By the account's key: told of a new trading state just before it is written.
        self.on_state: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._session = SimulatedSession(connection, self)
        self.plain = Session(connection, PLACE)

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield self._session

    def close(self) -> None:
        """Leave the connection open: it is everybody's."""

    # ---- what befalls the server -------------------------------------------------------------

    def clear(self) -> None:
        self.plain.ask("FLUSHALL")

    def take_copy(self) -> None:
        """Remember everything as it is now, as the disk of the server would."""
        self._on_copy("FLUSHDB")
        self.plain.ask("EVAL", TAKE_COPY, 0, COPY)

    def fall_back(self) -> None:
        """Go on with the copy: all that was written since is gone."""
        self.plain.ask("SWAPDB", 0, COPY)
        self._on_copy("FLUSHDB")
        self.take_copy()

    def change_life(self) -> None:
        """Let the server be another one from now on, as a failover does: its id changes."""
        self.plain.ask("REPLICAOF", "127.0.0.1", "1")
        self.plain.ask("REPLICAOF", "NO", "ONE")

    def _on_copy(self, *command: Word) -> None:
        self.plain.ask("SELECT", COPY)
        self.plain.ask(*command)
        self.plain.ask("SELECT", 0)


class SimulatedSession(Session):
    """One connection on which commands get lost."""

    def __init__(self, connection: Any, link: SimulatedLink) -> None:
        super().__init__(connection, PLACE)
        self._link = link

    def ask(self, *command: Word, timeout_s: float | None = None) -> Any:
        scheduler = self._link.scheduler
        if scheduler.current is None:
            return super().ask(*command)
        name = command_name(command)
        scheduler.pause(name)
        dangers, dice = scheduler.dangers, scheduler.dice
        if scheduler.now_ms < self._link.down_until_ms or dice.random() < dangers.store_refused:
            self._tell(name, command, "REFUSED")
            raise StoreUnavailable("the store is away")
        is_lost = dice.random() < dangers.reply_lost
        if is_lost and dice.random() < 0.5:
            self._tell(name, command, "LOST ON THE WAY")
            raise StoreUnclear("the store did not answer")
        if name == "set_trading_state" and command[3] in self._link.on_state:
            self._link.on_state[str(command[3])](orjson.loads(command[6]))
        reply = super().ask(*command)
        if command[0] == "EVALSHA" and dice.random() < dangers.script_doubled:
            again = super().ask(*command)
            if again != reply:
                self._link.on_other_answer(name, reply, again)
            reply = again
        if is_lost:
            self._tell(name, command, "DONE, REPLY LOST")
            raise StoreUnclear("the store did not answer")
        self._tell(name, command, reply)
        return reply

    def _tell(self, name: str, command: tuple[Word, ...], reply: object) -> None:
        scheduler = self._link.scheduler
        if scheduler.story.is_kept and scheduler.current is not None:
            words = " ".join(str(word)[:3000] for word in command[2:])
            text = f"{name} -> {str(reply)[:300]} | {words}"
            scheduler.story.tell(scheduler.now_ms, scheduler.current.name, text)


def command_name(command: tuple[Word, ...]) -> str:
    """Return what a command does, in a word or two."""
    if command[0] == "EVALSHA":
        return _script_names().get(str(command[1]), "script")
    return f"{command[0]} {command[1]}" if len(command) > 1 else str(command[0])


@cache
def _script_names() -> dict[str, str]:
    return {scripts.load_script(path.stem).sha: path.stem for path in SCRIPTS}
