"""A user's own checks: what they say counts, and what goes wrong with them denies by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from engine.errors import ConfigurationError
from engine.risk.gate import assess
from engine.risk.own_checks import find_rule, load_own_checks
from tests.unit.risk.contexts import build_context, build_intent_of

MODULE = """
def quiet(order):
    return None

def no_bitcoin(order):
    return f"{order.terms.symbol} is not for me." if order.terms.symbol == "BTC/USDT" else None

def raising(order):
    raise KeyError("oops")

def nonsense(order):
    return 7

class Largest:
    def __call__(self, order):
        return "too many." if order.terms.quantity > 3 else None

class NotCallable:
    pass

number = 7
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The name of a fresh module, and the folder that it lies in."""
    name = f"checks_{uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    yield name, tmp_path
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("quiet", ("approved", "")),
        ("Largest", ("approved", "")),
        ("no_bitcoin", ("OWN_CHECK", "BTC/USDT is not for me.")),
        ("raising", ("OWN_CHECK_FAILED", "raised KeyError")),
        ("nonsense", ("OWN_CHECK_FAILED", "returned 7")),
        ("missing", ("OWN_CHECK_FAILED", "cannot be loaded: AttributeError")),
        ("NotCallable", ("OWN_CHECK_FAILED", "cannot be called")),
        ("number", ("OWN_CHECK_FAILED", "cannot be called")),
    ],
)
def test_a_users_check_is_asked_last(
    module: tuple[str, Path], check: str, expected: tuple[str, str]
) -> None:
    """A sentence denies; whatever goes wrong denies with the check's name."""
    name, folder = module
    own = load_own_checks([f"{name}.{check}"], folder)
    verdict = assess(build_intent_of(), build_context(own_checks=own))
    code, words = expected
    assert getattr(verdict, "code", "approved") == code
    assert words in getattr(verdict, "message", "")
    if code != "approved":
        assert ("check", f"{name}.{check}") in verdict.numbers


def test_a_class_is_built_once_and_called(module: tuple[str, Path]) -> None:
    """With a size that it does not like, it denies."""
    name, folder = module
    own = load_own_checks([f"{name}.quiet", f"{name}.Largest"], folder)
    large = build_intent_of(quantity=4)
    assert getattr(assess(large, build_context(own_checks=own)), "code", "") == "OWN_CHECK"


@pytest.mark.parametrize("name", ["no_such_module.check", "engine.risk.gate.no_such_name"])
def test_what_cannot_be_had_is_one_sentence(name: str) -> None:
    """At the start, with the name of the check."""
    with pytest.raises(
        ConfigurationError, match=f"^checks has {name}, which cannot be loaded: .*$"
    ):
        find_rule(name)
