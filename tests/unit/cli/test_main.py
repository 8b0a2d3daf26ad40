"""The frame of the command line: verbs, exit codes, and errors that are sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigurationError, EngineError, StoreUnclear, UnknownOrder
from workers.cli import main as command
from workers.cli.output import ExitCode, Refusal, one_line, report_error, to_json, told


def raising(error: BaseException) -> click.Command:
    """Return a verb that only fails."""

    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    def verb(as_json: bool) -> None:
        raise error

    return verb


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (ConfigurationError("no file"), "CONFIGURATION", 2),
        (UnknownOrder("no order x"), "UNKNOWN_ORDER", 1),
        (Refusal("too small", code="MIN_NOTIONAL"), "MIN_NOTIONAL", 1),
        (Refusal("ask again", exit_code=ExitCode.IN_DOUBT), "REFUSED", 3),
        (StoreUnclear("no reply"), "STORE_UNCLEAR", 3),
        (EngineError("no luck"), "ENGINE_ERROR", 1),
        (click.BadParameter("not a number"), "USAGE", 2),
        (KeyboardInterrupt(), "INTERRUPTED", 130),
        (ZeroDivisionError("a bug"), "INTERNAL_ERROR", 3),
    ],
)
def test_every_error_is_a_sentence_an_object_and_an_exit_code(
    error: BaseException,
    code: str,
    exit_code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """People read standard error, programs read the object and the exit code; nobody a trace."""
    monkeypatch.setattr(command.Verbs, "get_command", lambda *_: raising(error))

    assert command.run(["init", "--json"]) == exit_code

    written = capsys.readouterr()
    document = json.loads(written.out)
    assert document["error"]["code"] == code
    assert written.err.strip() == f"error: {document['error']['message']}"


def test_a_trace_is_shown_to_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """AUGUSTAN_DEBUG=1 is for those who mend the program."""
    report_error(ValueError("x"), as_json=False)
    assert "Traceback" not in capsys.readouterr().err

    monkeypatch.setenv("AUGUSTAN_DEBUG", "1")
    report_error(ValueError("x"), as_json=False)
    assert "ValueError: x" in capsys.readouterr().err


@given(st.text())
def test_whatever_an_error_says_it_is_one_printable_line(text: str):
    """A sentence never breaks a log or a terminal, however long its argument was."""
    for error in (EngineError(text), ValueError(text), click.UsageError(text)):
        sentence = told(error)[1]
        assert len(sentence) <= 500
        assert "\n" not in sentence
        assert one_line(text).isprintable()


def test_a_ten_megabyte_argument_is_answered_shortly():
    """An argument as large as one likes does not come back whole."""
    assert len(told(click.UsageError("x" * 10_000_000))[1]) < 500


@pytest.mark.parametrize("arguments", [[], ["zzz"], ["init", "--zzz"], ["--config"]])
def test_a_wrong_command_line_is_exit_code_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    """Usage errors are told on standard error and change nothing."""
    assert command.run(arguments) == 2

    assert "augustan" in capsys.readouterr().err


def test_money_in_json_is_exact_text():
    """No reader rounds what it cannot parse as a float."""
    document = json.loads(to_json({"a": Decimal("1E-8"), "b": Decimal("100"), "c": None}))

    assert document == {"a": "0.00000001", "b": "100", "c": None}


def test_every_verb_is_listed_and_help_imports_nothing_heavy():
    """`augustan --help` names every verb and stays quick: no Celery, no ccxt, no Redis."""
    code = (
        "import sys; from workers.cli.main import run; run(['--help']);"
        "print(sorted(m for m in ('celery', 'ccxt', 'redis', 'pydantic') if m in sys.modules))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stdout.endswith("[]\n")
    assert [verb for verb in command.VERBS if f"  {verb} " not in answer.stdout] == []


def test_the_options_of_the_group_reach_every_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
):
    """--config and --live are variables, so that tasks and children load the same settings."""
    folder = tmp_path_factory.mktemp("there")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUGUSTAN_CONFIG", "before")
    monkeypatch.setenv("AUGUSTAN_LIVE", "no")
    seen = {}

    @click.command()
    def verb() -> None:
        import os

        seen.update({k: os.environ[k] for k in ("AUGUSTAN_CONFIG", "AUGUSTAN_LIVE")})

    monkeypatch.setattr(command.Verbs, "get_command", lambda *_: verb)

    assert command.run(["--config", "x.json", "--live", "init"]) == 0
    assert seen == {"AUGUSTAN_CONFIG": str(folder / "x.json"), "AUGUSTAN_LIVE": "yes"}
