"""Plain log lines on standard error, without a secret in them."""

from __future__ import annotations

import logging
import sys
import time

from engine.config import Settings

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s"
DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"

#: Shorter words would be found inside ordinary ones.
MIN_SECRET = 6


class SecretlessFormatter(logging.Formatter):
    """Formats a record, traceback included, and masks every secret that we know."""

    converter = staticmethod(time.gmtime)  # The base calls it without self

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(FORMAT, DATE_FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


class SweepFilter(logging.Filter):
    """Drops the success of sweeps: several a second, and none of them is news."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = getattr(record, "data", None)
        is_sweep = isinstance(told, dict) and str(told.get("name")).startswith("monitoring.")
        return record.levelno > logging.INFO or not is_sweep


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return every secret of the settings that is long enough to be one, longest first."""
    values = [settings.flower.password]
    for account in settings.accounts.values():
        values += [account.api_key, account.secret]
    texts = {value.get_secret_value() for value in values if value is not None}
    store = settings.store
    texts |= {where.password for where in (store.state, store.broker, store.results) if where}
    return tuple(sorted((text for text in texts if len(text) >= MIN_SECRET), key=len, reverse=True))


def configure_logging(level: int | str | None, secrets: tuple[str, ...]) -> None:
    """Send every log record of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SecretlessFormatter(secrets))
    handler.addFilter(SweepFilter())
    # "Task … received" tells nothing that its outcome does not tell again
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level or logging.INFO)
