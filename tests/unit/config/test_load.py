"""Where settings come from, and which source wins."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.config import Mode, load_settings
from engine.config.telling import describe, to_environ
from engine.errors import ConfigurationError
from tests.unit.config.writing import load


def test_without_a_file_everything_is_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A stranger without a configuration trades on the paper exchange, with the stated limits."""
    monkeypatch.chdir(tmp_path)

    settings = load_settings(environ={})

    assert [account.mode for account in settings.accounts.values()] == [Mode.PAPER]
    assert settings.risk_management.default_budget == Decimal(500)
    assert settings.risk_management.default_leverage == 1
    assert settings.data_dir == tmp_path / "data"


def test_the_short_form_is_the_account_binance(tmp_path: Path):
    """An exchange at the top level is an account of that name; money stays exact."""
    settings = load(
        tmp_path,
        {
            "binance": {"api_key": "k-1", "secret": "s-1", "enabled": True, "testnet": True},
            "risk_management": {
                "default_budget": 500.0,
                "max_risk_per_trade": 0.02,
                "default_leverage": 5,
                "max_positions": 5,
            },
        },
    )

    account = settings.account("binance")
    assert account.mode is Mode.TESTNET
    assert account.api_key.get_secret_value() == "k-1"
    assert account.risk_management.max_risk_per_trade == Decimal("0.02")
    assert account.risk_management.default_leverage == 5


def test_the_file_is_found_by_argument_then_variable_then_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`--config` wins over AUGUSTAN_CONFIG, which wins over ./augustan.json."""
    for tag in ("arg", "env", "cwd"):
        (tmp_path / f"{tag}.json").write_text(json.dumps({"installation": tag}))
    (tmp_path / "cwd.json").rename(tmp_path / "augustan.json")
    monkeypatch.chdir(tmp_path)
    environ = {"AUGUSTAN_CONFIG": "env.json"}

    assert load_settings("arg.json", environ).installation == "arg"
    assert load_settings(None, environ).installation == "env"
    assert load_settings(None, {}).installation == "cwd"


def test_the_environment_wins_over_the_file(tmp_path: Path):
    """Every value can come from the environment, whatever the case of its name."""
    settings = load(
        tmp_path,
        {"accounts": {"first-one": {"base_url": "paper"}}, "execution": {"poll_attempts": 1}},
        {
            "AUGUSTAN__EXECUTION__POLL_ATTEMPTS": "7",
            "AUGUSTAN__ACCOUNTS__FIRST_ONE__RISK_MANAGEMENT__MAX_POSITIONS": "3",
            "augustan__accounts__second__base_url": "http://127.0.0.1:9/",
            "AUGUSTAN__WATCHLIST": "BTC/USDT, ETH/USDT",
            "AUGUSTAN__FLOWER__PORT": "",
        },
    )

    assert settings.execution.poll_attempts == 7
    assert settings.account("first-one").risk_management.max_positions == 3
    assert settings.account("second").base_url == "http://127.0.0.1:9"
    assert settings.account("second").mode is Mode.LOCAL
    assert settings.watchlist == ("BTC/USDT", "ETH/USDT")
    assert settings.flower.port == 5555


def test_an_account_inherits_the_limits_that_it_does_not_set(tmp_path: Path):
    """An account's own limits replace the global ones one by one."""
    settings = load(
        tmp_path,
        {
            "risk_management": {"max_positions": 9, "default_budget": 77},
            "accounts": {"a": {"risk_management": {"max_positions": 2}}, "b": {}},
        },
    )

    limits = {name: account.risk_management for name, account in settings.accounts.items()}
    assert (limits["a"].max_positions, limits["a"].default_budget) == (2, 77)
    assert (limits["b"].max_positions, limits["b"].default_budget) == (9, 77)


def test_a_secret_is_read_from_its_file(tmp_path: Path):
    """A secret's file is looked for beside the configuration; its last newline is not part."""
    (tmp_path / "key").write_text("from-a-file\n")

    settings = load(
        tmp_path,
        {"accounts": {"a": {"api_key_file": "key", "testnet": True}}},
        {"AUGUSTAN__ACCOUNTS__A__SECRET_FILE": str(tmp_path / "key")},
    )

    assert settings.account("a").api_key.get_secret_value() == "from-a-file"
    assert settings.account("a").secret.get_secret_value() == "from-a-file"


def test_a_variable_replaces_the_other_form_of_a_secret(tmp_path: Path):
    """A value from the environment wins over a file that the configuration names, and back."""
    (tmp_path / "url").write_text("redis://from-a-file:1/0")
    by_file = {"store": {"url_file": "url"}}
    by_value = {"store": {"url": "redis://from-a-value:2/0"}}

    short = load(tmp_path, by_file, {"AUGUSTAN_STORE_URL": "redis://short:3/0"})
    long = load(tmp_path, by_value, {"AUGUSTAN__STORE__URL_FILE": "url"})
    both = load(
        tmp_path,
        {},
        {"AUGUSTAN_STORE_URL": "redis://short:3/0", "AUGUSTAN__STORE__URL": "redis://long:4/0"},
    )

    assert load(tmp_path, by_file).state_address().hosts == (("from-a-file", 1),)
    assert short.state_address().hosts == (("short", 3),)
    assert long.state_address().hosts == (("from-a-file", 1),)
    assert both.state_address().hosts == (("short", 3),)


def test_comments_are_left_out(tmp_path: Path):
    """Keys that begin with an underscore speak to people, at every level and even twice."""
    text = '{"_": "why", "_": "again", "store": {"_url": "later", "//": 1}, "watchlist": []}'

    assert load(tmp_path, text).store.url is None


def test_a_running_up_is_found_when_no_store_is_configured(tmp_path: Path):
    """The addresses that `augustan up` wrote fill what the user left open, and nothing else."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "up.json").write_text(
        json.dumps(
            {
                "store_url": "redis://:pw@127.0.0.1:1/0",
                "broker_url": "redis://:pw@127.0.0.1:2/0",
                "result_url": "redis://:pw@127.0.0.1:2/1",
                "paper_url": "http://127.0.0.1:3",
                "pid": 1,
            }
        )
    )

    found = load(tmp_path, {})
    not_asked = load_settings(tmp_path / "augustan.json", {}, find_running=False)
    configured = load(tmp_path, {"store": {"url": "redis://db:6379/4"}})

    assert found.store.state
    assert found.store.state.hosts == (("127.0.0.1", 1),)
    assert found.store.results
    assert found.store.results.database == 1
    assert found.endpoint(found.account()) == "http://127.0.0.1:3"
    assert not_asked.store.state is None
    assert configured.store.broker
    assert configured.store.broker.url == "redis://db:6379/5"
    assert configured.paper.url == "http://127.0.0.1:3"


def test_a_child_loads_the_same_settings(tmp_path: Path):
    """What a process hands to its children makes them load equal settings."""
    live = {"api_key": "own-key", "secret": "own-secret", "live": True}
    settings = load(
        tmp_path,
        {"accounts": {"a": live}, "data_dir": "here"},
        {"AUGUSTAN_STORE_URL": "redis://u:p%40w@h:1/3", "AUGUSTAN_PAPER_URL": "http://h:2"},
        live=True,
    )

    child = load_settings(environ=to_environ(settings))

    assert describe(child) == describe(settings)
    assert child.state_address() == settings.state_address()
    assert (child.live, child.config_path) == (True, settings.config_path)


def test_a_description_holds_no_secret(tmp_path: Path):
    """Neither a description nor a representation of settings shows what is secret."""
    settings = load(
        tmp_path,
        {
            "accounts": {"a": {"api_key": "s3cr3t-1", "secret": "s3cr3t-2", "testnet": True}},
            "store": {"url": "redis://:s3cr3t-3@h/0", "broker_url": "unix:///x?password=s3cr3t-4"},
            "flower": {"password": "s3cr3t-5"},
        },
    )

    assert "s3cr3t" not in json.dumps(describe(settings)) + repr(settings)
    assert describe(settings)["store"]["result_url"] == "redis://h:6379/2"


def test_what_is_missing_is_said_when_it_is_needed(tmp_path: Path):
    """Settings load without a store or a paper exchange; asking for them is one sentence."""
    settings = load(tmp_path, {"accounts": {"a": {}, "b": {}}})

    with pytest.raises(ConfigurationError, match="augustan up"):
        settings.state_address()
    with pytest.raises(ConfigurationError, match="augustan up"):
        settings.endpoint(settings.account("a"))
    with pytest.raises(ConfigurationError, match="name one of: a, b"):
        settings.account()
    with pytest.raises(ConfigurationError, match="no account 'c'"):
        settings.account("c")
