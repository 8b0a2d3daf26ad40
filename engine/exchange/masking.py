"""Keep keys, secrets and signatures out of everything that is said."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

MASK = "***"
_SIGNATURE = re.compile(r"(signature(?:=|['\"]?:\s*['\"]?|%3D))[^&\s'\")]+", re.IGNORECASE)


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without signatures and without any of `secrets`."""
    for secret in sorted(secrets, key=len, reverse=True):
        # A short word such as the paper exchange's key "paper" is no secret, and common
        if len(secret) >= 8:
            # As it is, and as repr shows it: a PEM key has several lines
            text = text.replace(secret, MASK).replace(repr(secret)[1:-1], MASK)
    return _SIGNATURE.sub(rf"\1{MASK}", text)


def mask_record(record: logging.LogRecord) -> bool:
    """Mask signatures in a log record of the HTTP library; a logging filter that keeps all."""
    record.msg, record.args = mask(record.getMessage()), ()
    return True


def mask_wire_logs() -> None:
    """Mask what the HTTP library logs: at level DEBUG it shows whole addresses."""
    logging.getLogger("urllib3.connectionpool").addFilter(mask_record)


def silent_logger() -> logging.Logger:
    """Return a logger that says nothing, for a library that logs request headers with the key."""
    logger = logging.Logger("augustan.exchange.silent")  # noqa: LOG001 - outside the tree on purpose
    logger.disabled = True
    return logger
