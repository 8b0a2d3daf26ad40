"""`augustan init` writes a file that Augustan reads, and no file of yours away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.config import load_settings
from engine.config.telling import describe
from workers.cli.main import run


def test_the_example_says_what_the_defaults_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Reading the example gives the very settings of having no file."""
    monkeypatch.chdir(tmp_path)
    bare = describe(load_settings(environ={}))

    assert run(["init"]) == 0

    assert describe(load_settings(environ={})) == bare


def test_every_value_of_the_example_has_its_comment(tmp_path: Path):
    """A reader learns what a value is from the line above it."""
    file = tmp_path / "c.json"
    run(["init", str(file)])
    document = json.loads(file.read_text())

    for section in ("risk_management", "execution", "store", "paper", "flower"):
        assert document[f"_{section}"]
        values = [key for key in document[section] if not key.startswith("_")]
        assert values
        assert [key for key in values if not document[section].get(f"_{key}")] == []


def test_a_file_that_exists_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Without --force nobody's keys are written over."""
    file = tmp_path / "c.json"
    file.write_text("mine")

    assert run(["init", str(file), "--json"]) == 2
    assert file.read_text() == "mine"
    assert "--force" in json.loads(capsys.readouterr().out)["error"]["message"]

    assert run(["init", str(file), "--force"]) == 0
    assert load_settings(file, {}).accounts


@pytest.mark.parametrize("name", ["no/such/folder/c.json", ".", "nul\0l"])
def test_a_place_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
):
    """The reason comes with the path."""
    assert run(["init", "--force", str(tmp_path / name)]) == 2

    assert "cannot be written" in capsys.readouterr().err
