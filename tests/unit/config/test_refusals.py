"""Whatever is wrong with a configuration is one sentence, and never a secret."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.config import load_settings
from engine.config.settings import Settings
from engine.errors import ConfigurationError
from tests.unit.config.writing import load

SECRET = "Zq7-not-for-any-eye-Zq7"


def refusal(document: Any, environ: Mapping[str, str] | None = None, *, live: bool = False) -> str:
    """Return the sentence that `document` is refused with."""
    with tempfile.TemporaryDirectory() as folder, pytest.raises(ConfigurationError) as refused:
        load(Path(folder), document, environ, live=live)
    return str(refused.value)


def budget(text: str) -> str:
    """Return a document whose default_budget is the JSON text `text`."""
    return f'{{"risk_management": {{"default_budget": {text}}}}}'


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"risk_managment": {}}, ("'risk_managment'", "did you mean 'risk_management'")),
        ({"accounts": {"a": {"apikey": "k"}}}, ("'apikey'", "accounts.a", "'api_key'")),
        ({"execution": {"zzz": 1}}, ("'zzz'", "execution", "known keys: balance_max_age_ms")),
        ({"live": True}, ("Unknown key 'live'",)),
        (budget("NaN"), ("risk_management.default_budget", "finite", "nan")),
        (budget('"nan"'), ("risk_management.default_budget", "finite", "'nan'")),
        (budget("1e400"), ("risk_management.default_budget", "1E+15", "1e400")),
        (budget("1e999999999999999999999"), ("risk_management.default_budget",)),
        (budget("-0"), ("risk_management.default_budget", "greater than 0", "not 0")),
        (budget("-0.0"), ("risk_management.default_budget", "greater than 0")),
        (budget("true"), ("risk_management.default_budget", "a number", "True")),
        (budget("9" * 5_000), ("risk_management.default_budget", "999...")),
        (budget('"' + "x" * 900_000 + '"'), ("risk_management.default_budget", "xxx...")),
        ({"risk_management": {"max_positions": 1.5}}, ("max_positions", "integer", "1.5")),
        ({"risk_management": {"max_risk_per_trade": 2}}, ("max_risk_per_trade", "equal to 1")),
        (
            {"risk_management": {"max_order_notional": 9, "max_gross_exposure": 8}},
            ("max_order_notional is 9; it must be at most max_gross_exposure, 8",),
        ),
        (
            {
                "risk_management": {"max_symbol_exposure": 9},
                "accounts": {"a": {"risk_management": {"max_gross_exposure": 8}}},
            },
            ("accounts.a", "max_symbol_exposure is 9; it must be at most"),
        ),
        (
            {"risk_management": {"default_leverage": 3, "max_leverage": 2}},
            ("default_leverage is 3; it must be at most max_leverage, 2",),
        ),
        ({"risk_management": {"default_leverage": 2.5}}, ("default_leverage", "whole", "2.5")),
        (
            {"emergency": {"triggers": {"daily_loss": "halt"}}},
            ("triggers.daily_loss is halt, and no account has a risk_management.max_daily_loss",),
        ),
        (
            {"emergency": {"triggers": {"drawdown": "alarm"}}},
            ("triggers.drawdown is alarm, and no account has a risk_management.max_drawdown",),
        ),
        ({"risk_management": {"checks": ["no dots"]}}, ("risk_management.checks", "no dots")),
        ({"accounts": []}, ("accounts must be an object",)),
        ({"accounts": {}}, ("accounts must have at least 1 item",)),
        ({"accounts": {"a": SECRET}}, ("accounts.a must be an object",)),
        ({"accounts": {"A b": {}}}, ("accounts.A b", "[a-z0-9]")),
        ({"accounts": {"a": {"name": "b"}}}, ("'a'", "another name")),
        ({"accounts": {"a": {"testnet": True}}}, ("accounts.a", "needs api_key and secret")),
        ({"accounts": {"a": {"api_key": "k", "secret": "s"}}}, ("accounts.a", "where its orders")),
        ({"accounts": {"a": {"live": True, "testnet": True}}}, ("accounts.a", "keep one")),
        (
            {"accounts": {"a": {"testnet": True, "base_url": "http://127.0.0.1:1"}}},
            ("accounts.a", "says testnet and also base_url"),
        ),
        ({"accounts": {"a": {"margin_mode": "cross"}}}, ("accounts.a", "trades spot")),
        ({"accounts": {"a": {"uncounted_assets": ["LD/U"]}}}, ("uncounted_assets", "LD/U")),
        (
            {"accounts": {"a": {"market_type": "futures", "margin_mode": "half"}}},
            ("accounts.a.margin_mode", "'cross' or 'isolated'", "half"),
        ),
        ({"accounts": {"a": {"base_url": "ftp://h"}}}, ("base_url", "http://", '"paper"', "ftp")),
        ({"accounts": {"a": {"api_key": "k", "api_key_file": "f"}}}, ("both given",)),
        ({"accounts": {"a": {"secret_file": "gone"}}}, ("secret file", "gone", "No such file")),
        ({"binance": {}, "accounts": {"binance": {}}}, ("'binance'", "twice")),
        ({"watchlist": ["BTC/USDT", "B T C"]}, ("watchlist.1", "'B T C'")),
        ({"store": {"url": f"http://:{SECRET}@h"}}, ("store.url", "redis://", "sentinel://")),
        ({"store": {"url": "sentinel://h/0"}}, ("store.url", "?master=NAME")),
        ({"store": {"appendfsync": "no"}}, ("store.appendfsync", "'always' or 'everysec'", "'no'")),
        ({"data_dir": 5}, ("data_dir",)),
        ('{"a": 1,\n "b" 2}', ("augustan.json", "line 2 column 6")),
        ('{"store": {}, "store": {}}', ("'store'", "twice")),
        ("[1]", ("one JSON object",)),
        ("[" * 100_000, ("nested too deeply",)),
        (" " * 1_000_001, ("larger than 1000000 bytes",)),
    ],
)
def test_the_sentence_names_field_value_and_what_is_allowed(document: Any, words: tuple[str, ...]):
    """A user can mend the configuration from the sentence alone."""
    sentence = refusal(document)

    assert [word for word in words if word not in sentence] == [], sentence
    assert SECRET not in sentence
    assert len(sentence) < 300
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"AUGUSTAN__STORE": "x"}, ("store must be an object",)),
        ({"AUGUSTAN__INSTALLATION__X": "1"}, ("installation",)),
        ({"AUGUSTAN__": "1"}, ("names no setting",)),
        ({"AUGUSTAN__A__B__C__D__E__F__G": "1"}, ("names no setting",)),
        ({"AUGUSTAN__FLOWER__PORT": "70000"}, ("flower.port", "65535", "'70000'")),
        ({"AUGUSTAN_LIVE": "maybe"}, ("AUGUSTAN_LIVE", "yes or no", "'maybe'")),
        ({"AUGUSTAN_LIVE": "yes"}, ("no account says",)),
        (
            {"AUGUSTAN__STORE__URL": "redis://a/0", "AUGUSTAN__STORE__url": "redis://b/0"},
            ("AUGUSTAN__STORE__URL is given twice",),
        ),
        (
            {"AUGUSTAN__STORE__URL": "redis://a/0", "AUGUSTAN__STORE__URL_FILE": "f"},
            ("AUGUSTAN__STORE__URL_FILE", "both given"),
        ),
    ],
)
def test_the_environment_is_refused_in_the_same_way(environ: dict[str, str], words: tuple[str]):
    """A bad variable is as clear as a bad key."""
    sentence = refusal({}, environ)

    assert [word for word in words if word not in sentence] == [], sentence


def test_real_money_is_said_twice_or_not_at_all(tmp_path: Path):
    """A live account needs the flag, and the flag needs a live account."""
    live = {"accounts": {"a": {"api_key": "own", "secret": "own", "live": True}}}

    assert "--live" in refusal(live)
    assert "no account says" in refusal({}, live=True)
    assert load(tmp_path, live, live=True).account("a").mode == "live"
    assert load(tmp_path, live, {"AUGUSTAN_LIVE": "yes"}).live


@pytest.mark.parametrize("path", ["missing.json", "", ".", "nul\0l"])
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, path: str):
    """A file that is missing, or is no file, is named with the reason."""
    with pytest.raises(ConfigurationError, match=r"^The (path of the )?configuration file"):
        load_settings(str(tmp_path / path), {})


def test_binary_content_is_one_sentence(tmp_path: Path):
    """A file that is not text says where it stops to be."""
    (tmp_path / "c.json").write_bytes(b'{"\xff": 1}')

    with pytest.raises(ConfigurationError, match=r"UTF-8 text \(byte 2\)"):
        load_settings(tmp_path / "c.json", {})


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["-0", "1e400", "nan", "paper", "http://h", "redis://h:x/1", "unix://", "[::"]
    )
)
KEYS = st.sampled_from([*Settings.model_fields, "binance", "a", "url", "api_key", "secret_file"])
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
SECTIONS = st.dictionaries(KEYS, ANYTHING, max_size=4)


def read_or_refuse(document: Any, environ: Mapping[str, str]) -> str:
    """Load anything at all and return the refusal, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            load(Path(folder), document, environ)
        except ConfigurationError as refused:
            return str(refused)
    return ""


@example(document={}, sections={"secret_file": "\xad"})  # Invisible, and not whitespace
@given(SECTIONS | st.text(), st.dictionaries(KEYS, st.text(max_size=9), max_size=2))
def test_nothing_but_a_short_sentence_ever_comes_out(document: Any, sections: dict[str, str]):
    """No document and no variable leads to anything but settings or one printable line."""
    environ = {f"AUGUSTAN__{key}": text for key, text in sections.items()}

    sentence = read_or_refuse(document, environ)

    assert len(sentence) < 300
    assert sentence == "" or sentence.isprintable()


@given(
    st.sampled_from(["api_key", "secret", "base_url", "exchange", "egress", "testnet", SECRET]),
    st.sampled_from([SECRET, f"x{SECRET}", f"http://{SECRET}@h", f"redis://:{SECRET}@h/x"]),
    SECTIONS,
)
def test_a_secret_is_never_repeated(key: str, misplaced: str, rest: dict[str, Any]):
    """A secret stays unsaid, even when it is also written where it does not belong."""
    account = {"secret": SECRET, "testnet": True, key: misplaced}

    sentence = read_or_refuse({**rest, "accounts": {"a": {**account, "secret": SECRET}}}, {})

    assert SECRET not in sentence
