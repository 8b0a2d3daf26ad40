"""Load the settings for Celery's own commands, whose errors must be sentences, too."""

from __future__ import annotations

import click

from engine.config import Settings, load_settings
from engine.errors import ConfigurationError


def load_celery_settings() -> Settings:
    """Return the settings of this process.

    Raises ConfigurationError in a script, which may handle it, and UsageError under a command
    line: Celery's commands know no error of ours and would bury its sentence in a traceback.
    """
    try:
        return load_settings()
    except ConfigurationError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.UsageError(str(error)) from None
