"""The archive's folder: which archive it is, and each account's part of it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import orjson

from engine.archive.segments import sync_folder
from engine.domain.identity import AccountIdentity

_NAME = "archive.json"


def read_id(folder: Path) -> str | None:
    """Return the id that the folder was given with its first file; None: it holds no archive."""
    try:
        return str(orjson.loads((folder / _NAME).read_bytes())["archive_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def name_archive(folder: Path, archive_id: str) -> str:
    """Give the folder an id, unless it has one; return the one that it has. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f"{_NAME}.{archive_id}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps({"v": 1, "archive_id": archive_id}) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, folder / _NAME)  # Whole, or not at all, and never over another's
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_folder(folder)
    standing = read_id(folder)
    if standing is None:
        raise OSError(f"{folder / _NAME} is damaged")
    return standing


def account_folder(folder: Path, identity: AccountIdentity) -> Path:
    """Return the folder of one account."""
    return folder / quote(identity.slug, safe=":").replace(":", "_")
