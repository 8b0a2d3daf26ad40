"""The Lua scripts: one file per operation, loaded once, run by their hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from engine.store.client import RedisClient, Session, Word

_FOLDER = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- @include (\w+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script as the server gets it, shared pieces included."""

    name: str
    text: str
    sha: str


@cache
def load_script(name: str) -> Script:
    """Return the script of `lua/<name>.lua`; each `-- @include x` becomes `lua/_x.lua`."""
    text = _INCLUDE.sub(lambda match: _text(f"_{match[1]}"), _text(name))
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(name=name, text=text, sha=digest)


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def load_all(client: RedisClient) -> None:
    """Read every script from its file and have the server know it; harmless to repeat."""
    scripts = [load_script(path.stem) for path in _FOLDER.glob("[!_]*.lua")]

    def load(session: Session) -> None:
        known = session.ask("SCRIPT", "EXISTS", *(script.sha for script in scripts))
        for script, is_known in zip(scripts, known, strict=True):
            if not is_known:
                session.ask("SCRIPT", "LOAD", script.text)

    client.look(load)


def run_write(client: RedisClient, name: str, keys: Sequence[str], args: Sequence[Word]) -> Any:
    """Run a script that may change something; sent once.

    Raises StoreUnavailable when nothing was changed, StoreUnclear when nobody knows.
    """
    with client.session() as session:
        return run_on(session, name, keys, args)


def run_read(client: RedisClient, name: str, keys: Sequence[str], args: Sequence[Word]) -> Any:
    """Run a script that only looks; StoreUnavailable when it was not answered."""
    return client.look(lambda session: run_on(session, name, keys, args))


def run_on(session: Session, name: str, keys: Sequence[str], args: Sequence[Word]) -> Any:
    """Run a script once on one connection.

    A server that does not know the hash has run nothing, so the text may follow.
    """
    script = load_script(name)
    try:
        return session.ask("EVALSHA", script.sha, len(keys), *keys, *args)
    except NoScriptError:
        return session.ask("EVAL", script.text, len(keys), *keys, *args)
