"""Write a configuration and read it back, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config import Settings, load_settings


def load(
    folder: Path, document: Any, environ: Mapping[str, str] | None = None, *, live: bool = False
) -> Settings:
    """Load `document` (text as it is, anything else as JSON) from a file in `folder`."""
    file = folder / "augustan.json"
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return load_settings(file, environ or {}, live)
