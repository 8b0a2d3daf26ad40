"""The only place that turns results and errors into words, JSON and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import ConfigurationError, EngineError, StoreUnclear

if TYPE_CHECKING:
    from rich.console import RenderableType

Function = TypeVar("Function", bound=Callable[..., Any])

#: A sentence is cut here: an argument may be as long as the system allows.
MAX_SENTENCE = 400
#: Columns of a table that goes into a pipe.
PIPE_WIDTH = 100


class ExitCode(IntEnum):
    """What a program can rely on."""

    DONE = 0
    REFUSED = 1  #: Nothing happened; the sentence says why
    USAGE = 2  #: The command line or the configuration is wrong
    IN_DOUBT = 3  #: It may have happened: do not place again; the same --id is safe
    INTERRUPTED = 130


class Refusal(EngineError):
    """The command was understood and cannot be done."""

    code = "REFUSED"

    def __init__(
        self, message: str, *, code: str | None = None, exit_code: ExitCode = ExitCode.REFUSED
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.exit_code = exit_code


def json_option(function: Function) -> Function:
    """Give a verb the option --json, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
        function
    )


def show(document: Any, as_json: bool, human: Callable[[], RenderableType | None]) -> None:
    """Print a result: the document as JSON, or what `human` returns for people."""
    if as_json:
        click.echo(to_json(document))
        return
    words = human()
    if words is not None:
        _console().print(words)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """Return a plain table; None is shown as a dash."""
    from rich.table import Table  # Slow to import, and not needed for --json

    grid = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(to_text(cell) for cell in row))
    return grid


def to_text(value: object) -> str:
    """Return a value as a person reads it: exact numbers, no exponent."""
    if value is None:
        return "-"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def to_json(document: Any) -> str:
    """Return the document as JSON; money is a string, so that no reader rounds it."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, default=_jsonable, option=options).decode()


def report_error(error: BaseException, as_json: bool) -> int:
    """Say what went wrong in one sentence and return the exit code."""
    code, sentence, exit_code = told(error)
    click.echo(f"error: {sentence}", err=True)
    if as_json:
        click.echo(to_json({"error": {"code": code, "message": sentence}}))
    if os.environ.get("AUGUSTAN_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    return exit_code


def told(error: BaseException) -> tuple[str, str, ExitCode]:
    """Return an error's stable code, its sentence and its exit code."""
    if isinstance(error, Refusal):
        return error.code, one_line(str(error)), error.exit_code
    if isinstance(error, ConfigurationError):
        return error.code, one_line(str(error)), ExitCode.USAGE
    if isinstance(error, StoreUnclear):
        return error.code, one_line(str(error)), ExitCode.IN_DOUBT
    if isinstance(error, EngineError):
        return error.code, one_line(str(error)), ExitCode.REFUSED
    if isinstance(error, click.UsageError):
        return "USAGE", _usage_sentence(error), ExitCode.USAGE
    if isinstance(error, click.ClickException):
        return "USAGE", one_line(error.format_message()), ExitCode.USAGE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return "INTERRUPTED", "interrupted", ExitCode.INTERRUPTED
    sentence = f"internal error: {type(error).__name__}: {error} (AUGUSTAN_DEBUG=1 shows where)"
    # Nobody knows how far a broken program came
    return "INTERNAL_ERROR", one_line(sentence), ExitCode.IN_DOUBT


def one_line(text: str) -> str:
    """Return the text on one printable line of bounded length."""
    flat = " ".join(text[: 4 * MAX_SENTENCE].split())
    flat = "".join(char if char.isprintable() else "?" for char in flat)
    return flat if len(flat) <= MAX_SENTENCE else flat[: MAX_SENTENCE - 3] + "..."


def _usage_sentence(error: click.UsageError) -> str:
    sentence = one_line(error.format_message()).rstrip(".")
    command = error.ctx.command_path if error.ctx else "augustan"
    return f"{sentence} (see `{command} --help`)"


def _console() -> Any:
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    # Nobody knows how wide the reader of a pipe is: tables are made for a hundred columns
    width = None if is_terminal else PIPE_WIDTH
    return Console(soft_wrap=not is_terminal, highlight=False, width=width)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
