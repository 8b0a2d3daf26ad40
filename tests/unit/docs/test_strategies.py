"""The page on strategies shows code and settings that work."""

from __future__ import annotations

import json
import re
from pathlib import Path

from engine.config import load_settings
from engine.strategies.loading import load_strategy
from tests.process import ROOT

PAGE = (ROOT / "docs" / "strategies.md").read_text()
EXAMPLE = ROOT / "docs" / "examples" / "three_up.py"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_ten_lines_are_those_of_the_example() -> None:
    """What is read is what is run by the tests."""
    assert block("python") == EXAMPLE.read_text()


def test_the_settings_of_the_page_load_and_build_the_strategy(tmp_path: Path) -> None:
    """As they stand there, beside the module."""
    config = tmp_path / "augustan.json"
    config.write_text(block("json"))
    (settings,) = load_settings(config, environ={}, find_running=False).strategies.values()
    built = load_strategy(settings.class_path, settings.parameters, folder=EXAMPLE.parent)
    assert (built.candles_needed, json.loads(block("json"))["strategies"].keys()) == (
        4,
        {"three-up"},
    )


def test_every_example_of_the_page_exists() -> None:
    """By the path that a configuration names, with the parameters that the page names."""
    rows = re.findall(r"`(engine\.strategies\.[\w.]+)` \(([^)]*)\)", PAGE)
    assert len(rows) == 3
    for class_path, words in rows:
        built = load_strategy(class_path, {})
        assert set(re.findall(r"\w+", words)) == set(vars(built))
