"""`augustan init`: write a commented example configuration."""

from __future__ import annotations

from pathlib import Path

import click

from engine.config.load import DEFAULT_FILE
from engine.errors import ConfigurationError
from workers.cli.example import example_text
from workers.cli.output import json_option, show


@click.command()
@click.argument("file", default=DEFAULT_FILE)
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
def init(file: str, force: bool, as_json: bool) -> None:
    """Write a commented example configuration to FILE (augustan.json)."""
    path = Path(file)
    try:
        # "x" refuses an existing file in the same step as it creates one
        with path.open("w" if force else "x", encoding="utf-8") as target:
            target.write(example_text())
    except FileExistsError:
        raise ConfigurationError(f"{path} exists; --force writes over it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not possible"
        raise ConfigurationError(f"{path} cannot be written: {reason}.") from None
    show({"written": str(path.absolute())}, as_json, lambda: f"Wrote {path}. Next: augustan up")
