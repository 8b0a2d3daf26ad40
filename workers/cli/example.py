"""The example configuration, generated from the settings so that it cannot grow old."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from engine.config import AccountSettings, Settings

#: Written for a reader in a hurry: the account first, the details last.
INTRODUCTION = (
    'Keys that begin with "_" are comments. This account trades on the paper exchange that'
    " `augustan up` starts: no key is needed. For a testnet set testnet to true and give api_key"
    " and secret (or api_key_file and secret_file); for real money set live to true and start"
    " with --live. Every value can also come from the environment, for example"
    " AUGUSTAN__ACCOUNTS__PAPER__API_KEY."
)

#: What an example account shows; the rest has sensible defaults.
ACCOUNT = {"exchange": "binance", "market_type": "spot", "base_url": "paper", "enabled": True}

#: What the example leaves out: set elsewhere, or better not at all.
OMITTED = {"accounts", "dispatcher", "data_dir", "config_path", "live"}


def example_text() -> str:
    """Return the example as JSON that every editor accepts and Augustan reads."""
    document: dict[str, Any] = {"_": INTRODUCTION, "accounts": {"paper": _account()}}
    document |= _commented(Settings())
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _account() -> dict[str, Any]:
    fields = AccountSettings.model_fields
    comments = {f"_{name}": fields[name].description for name in ("market_type", "enabled")}
    return {**ACCOUNT, **comments}


def _commented(section: BaseModel) -> dict[str, Any]:
    values = section.model_dump(mode="json", exclude_none=True)
    document: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        if name in OMITTED or (name not in values and not _is_optional(name)):
            continue
        document[f"_{name}"] = field.description
        if name in values:
            inner = getattr(section, name)
            document[name] = _commented(inner) if isinstance(inner, BaseModel) else values[name]
    return document


def _is_optional(name: str) -> bool:
    # A value that is not set is shown by its comment alone, files of secrets not at all
    return not name.endswith("_file")
