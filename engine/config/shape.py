"""Bring what users write into the shape of `Settings`, before it is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.config.accounts import AccountSettings
from engine.config.document import read_bytes
from engine.config.settings import Settings
from engine.errors import ConfigurationError

#: Settings that may be read from a file, and are never shown.
SECRET_KEYS = frozenset({"api_key", "secret", "password", "url", "broker_url", "result_url"})

#: What makes an unknown top-level object an account of the short form.
ACCOUNT_KEYS = frozenset(AccountSettings.model_fields) - {"risk_management"}


def shaped(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the document with accounts in their place, secrets read and limits inherited."""
    document = _long_form(document)
    document = _with_secrets(document, folder)
    accounts = document.get("accounts")
    if isinstance(accounts, dict):
        limits = document.get("risk_management", {})
        document["accounts"] = {
            name: _account(name, entry, limits) for name, entry in accounts.items()
        }
    return document


def _long_form(document: dict[str, Any]) -> dict[str, Any]:
    short = {key: entry for key, entry in document.items() if _is_account(key, entry)}
    if not short:
        return dict(document)
    accounts = document.get("accounts", {})
    if not isinstance(accounts, dict):
        return dict(document)
    for name in short:
        if name in accounts:
            raise ConfigurationError(f"The account {name[:40]!r} is given twice; keep one.")
    rest = {key: value for key, value in document.items() if key not in short}
    named = {name: {"exchange": name, **entry} for name, entry in short.items()}
    return {**rest, "accounts": {**accounts, **named}}


def _is_account(key: str, entry: Any) -> bool:
    if key in Settings.model_fields or not isinstance(entry, dict):
        return False
    return key == "binance" or bool(ACCOUNT_KEYS & entry.keys())


def _account(name: str, entry: Any, limits: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    own = entry.get("risk_management", {})
    if isinstance(own, dict) and isinstance(limits, dict):
        entry = {**entry, "risk_management": {**limits, **own}}
    return {"name": name, **entry}


def _with_secrets(node: dict[str, Any], folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in node.items():
        base = key.removesuffix("_file")
        if isinstance(value, dict):
            read[key] = _with_secrets(value, folder)
        elif key != base and base in SECRET_KEYS and isinstance(value, str):
            if base in node:
                raise ConfigurationError(f"{base} and {key} are both given; keep one of them.")
            read |= {key: value, base: _secret(folder / value)}
        else:
            read[key] = value
    return read


def _secret(path: Path) -> str:
    try:
        return read_bytes(path, "secret file").decode().strip()
    except UnicodeDecodeError:
        raise ConfigurationError(f"The secret file {path} is not text.") from None
