"""The page on risk names every limit, every default and every code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from engine.config import load_settings
from engine.config.risk import RiskSettings
from engine.risk.codes import DenialCode
from engine.risk.own_checks import load_own_checks
from tests.process import ROOT
from tests.unit.risk.contexts import build_context, build_intent_of
from tests.unit.risk.test_gate import code_of

PAGE = (ROOT / "docs" / "risk.md").read_text()
EXAMPLE = ROOT / "docs" / "examples" / "sunday.py"
SUNDAY_MS = 1_700_384_400_000  # 2023-11-19, 09:00 UTC
DAY_MS = 86_400_000


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_every_setting_stands_there_with_its_default_and_a_code() -> None:
    """In the order of the settings, with codes that exist."""
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (?:`(\w+)`)? ?\| \S.* \|$", PAGE, re.MULTILINE)
    defaults = RiskSettings().model_dump(mode="json")
    shown = {name: default for name, default, _ in rows}
    assert shown == {name: words_of(default) for name, default in defaults.items()}
    assert {code for _, _, code in rows if code} <= set(DenialCode)


def words_of(default: object) -> str:
    if default is None:
        return "none"
    return default if isinstance(default, str) else json.dumps(default)


def test_every_code_stands_there_with_its_sentence() -> None:
    """The list of the page is the list of the program."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(code.value, code.sentence) for code in DenialCode]


def test_the_settings_of_the_page_load(tmp_path: Path) -> None:
    """As they stand there; an account's own limit wins, the others are inherited."""
    config = tmp_path / "augustan.json"
    config.write_text(block("json"))
    settings = load_settings(config, environ={}, find_running=False)
    limits = settings.account("careful").risk_management
    assert (limits.max_gross_exposure, limits.max_order_notional) == (2000, 1000)


def test_the_check_of_the_page_is_the_example_and_works() -> None:
    """What is read is what is run by the tests."""
    assert block("python") == EXAMPLE.read_text()
    own = load_own_checks(["sunday.not_on_sunday"], EXAMPLE.parent)
    for now_ms, expected in ((SUNDAY_MS, "OWN_CHECK"), (SUNDAY_MS + DAY_MS, "approved")):
        context = build_context(now_ms=now_ms, own_checks=own)
        assert code_of(build_intent_of(), context) == expected
