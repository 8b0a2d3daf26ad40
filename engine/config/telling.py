"""Tell settings to others: to a reader without the secrets, to a child process with them."""

from __future__ import annotations

from typing import Any

from engine.config.settings import Settings

#: As AUGUSTAN_CONFIG: there is no file, do not look for one.
NO_FILE = "none"


def describe(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON values, every secret masked."""
    document: dict[str, Any] = settings.model_dump(mode="json")
    addresses = {
        "url": settings.store.state,
        "broker_url": settings.store.broker,
        "result_url": settings.store.results,
    }
    for name, address in addresses.items():
        document["store"][name] = address.public_url if address else None
    return document


def to_environ(settings: Settings) -> dict[str, str]:
    """Return the variables that make a child process load these same settings."""
    environ = {
        "AUGUSTAN_CONFIG": str(settings.config_path or NO_FILE),
        "AUGUSTAN_DATA": str(settings.data_dir),
    }
    if settings.live:
        environ["AUGUSTAN_LIVE"] = "yes"
    if settings.served_egress:
        environ["AUGUSTAN__SERVED_EGRESS"] = ",".join(settings.served_egress)
    addresses = (settings.store.state, settings.store.broker, settings.store.results)
    for name, address in zip(("STORE", "BROKER", "RESULT"), addresses, strict=True):
        if address is not None:
            environ[f"AUGUSTAN_{name}_URL"] = address.url
    if settings.paper.url is not None:
        environ["AUGUSTAN_PAPER_URL"] = settings.paper.url
    return environ
