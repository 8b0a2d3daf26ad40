"""Find the configuration, read it, and check it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.config.document import read_document
from engine.config.environment import is_yes, put, read_environment
from engine.config.sentences import explain, one_line, unknown_key
from engine.config.settings import Settings
from engine.config.shape import shaped
from engine.config.telling import NO_FILE
from engine.errors import ConfigurationError

DEFAULT_FILE = "augustan.json"

#: Inside the data folder: where the processes of a running `augustan up` answer.
RUNNING_FILE = "up.json"

#: What only the loader may set.
LOADED_KEYS = ("config_path", "live")


def load_settings(
    path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    live: bool = False,
    *,
    find_running: bool = True,
) -> Settings:
    """Return the settings of this process.

    `path`, else AUGUSTAN_CONFIG ("none": no file), else ./augustan.json, else an account on
    paper; the environment wins over the file. `find_running` fills what is configured nowhere
    with the addresses of the `augustan up` that uses the same data folder.
    Raises ConfigurationError with one sentence.
    """
    try:
        return _loaded(path, environ, live, find_running)
    except ConfigurationError as error:
        raise ConfigurationError(one_line(str(error))) from None


def _loaded(
    path: str | os.PathLike[str] | None, environ: Mapping[str, str], live: bool, running: bool
) -> Settings:
    file = _file(path, environ)
    folder = file.parent if file else Path.cwd()
    document = read_document(file) if file else {}
    for key in LOADED_KEYS:
        if key in document:
            known = [name for name in Settings.model_fields if name not in LOADED_KEYS]
            raise ConfigurationError(unknown_key("", key, known))
    for place, text in read_environment(environ).items():
        put(document, place, text)
    document = shaped(document, folder)
    data_dir = _data_dir(document, folder, environ)
    if running:
        _fill_running(document, data_dir / RUNNING_FILE)
    live = live or is_yes("AUGUSTAN_LIVE", environ)
    settings = _checked({**document, "data_dir": data_dir, "config_path": file, "live": live})
    _check_live(settings)
    return settings


def _file(path: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Path | None:
    chosen = path or environ.get("AUGUSTAN_CONFIG")
    if chosen == NO_FILE:
        return None
    if chosen:
        return Path.cwd() / chosen
    default = Path.cwd() / DEFAULT_FILE
    return default if default.exists() else None


def _data_dir(document: dict[str, Any], folder: Path, environ: Mapping[str, str]) -> Path:
    if environ.get("AUGUSTAN_DATA"):
        return Path.cwd() / environ["AUGUSTAN_DATA"]
    chosen = document.get("data_dir", "data")
    if not isinstance(chosen, str) or not chosen or "\0" in chosen or len(chosen) > 4_000:
        raise ConfigurationError("data_dir must be the path of a folder.")
    return folder / chosen


def _fill_running(document: dict[str, Any], file: Path) -> None:
    store, paper = document.get("store", {}), document.get("paper", {})
    if not (isinstance(store, dict) and isinstance(paper, dict) and file.exists()):
        return
    running = read_document(file)
    if "url" not in store:
        found = {key: running.get(name) for key, name in _STORE_KEYS.items()}
        document["store"] = {**{key: url for key, url in found.items() if url}, **store}
    if "url" not in paper and running.get("paper_url"):
        document["paper"] = {**paper, "url": running["paper_url"]}


_STORE_KEYS = {"url": "store_url", "broker_url": "broker_url", "result_url": "result_url"}


def _checked(document: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(explain(error, document, Settings)) from None


def _check_live(settings: Settings) -> None:
    named = [account.name for account in settings.accounts.values() if account.live]
    if named and not settings.live:
        raise ConfigurationError(
            f"Account {named[0]} is live, with real money: say so with --live"
            ' or AUGUSTAN_LIVE=yes, or take "live": true out of the configuration.'
        )
    if settings.live and not named:
        raise ConfigurationError(
            '--live (AUGUSTAN_LIVE=yes) is given, but no account says "live": true.'
        )
