"""From a configuration's words to a strategy, or to one clear sentence."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from engine.errors import ConfigurationError
from engine.strategies.loading import load_strategy
from engine.strategies.moving_average_cross import MovingAverageCross
from engine.strategies.strategy import View

CROSS = "engine.strategies.moving_average_cross.MovingAverageCross"
HERE = __name__


class Modelled(BaseModel, frozen=True, extra="forbid"):
    """A strategy as a pydantic model."""

    size: Annotated[int, Field(ge=2, le=9)]
    level: Decimal = Decimal("0.5")
    candles_needed: int = 1

    def decide(self, view: View) -> None:
        return None


class Plain:
    """A strategy without parameters."""

    candles_needed = 1

    def decide(self, view: View) -> None:
        return None


@dataclass
class NoStrategy:
    """A class that cannot decide."""

    candles_needed: int = 1


not_a_class = 7


def test_parameters_become_fields() -> None:
    """Of a dataclass and of a model; a class without any needs none."""
    assert load_strategy(CROSS, {"fast": 3, "slow": 9}) == MovingAverageCross(fast=3, slow=9)
    assert load_strategy(CROSS, {}) == MovingAverageCross()
    modelled = load_strategy(f"{HERE}.Modelled", {"size": 3, "level": Decimal("0.25")})
    assert modelled == Modelled(size=3, level=Decimal("0.25"))
    assert isinstance(load_strategy(f"{HERE}.Plain", {}), Plain)


def test_a_module_beside_the_configuration_is_found(tmp_path: Path) -> None:
    """After all others, so that it can hide none of them."""
    (tmp_path / "my_own_rules.py").write_text(
        "class Mine:\n    candles_needed = 3\n    def decide(self, view):\n        return None\n"
    )
    try:
        found = load_strategy("my_own_rules.Mine", {}, folder=tmp_path)
        assert found.candles_needed == 3
        assert sys.path[-1] == str(tmp_path)
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("my_own_rules", None)


@pytest.mark.parametrize(
    ("class_path", "parameters", "said"),
    [
        ("nowhere.Cross", {}, "class is nowhere.Cross; there is no module nowhere"),
        (f"{HERE}.Nobody", {}, "has no Nobody"),
        (f"{HERE}.not_a_class", {}, "which is no class"),
        (f"{HERE}.NoStrategy", {}, r"must have candles_needed and decide\(view\)"),
        (CROSS, {"fsat": 3}, "Unknown key 'fsat' in parameters; did you mean 'fast'"),
        (CROSS, {"fast": "x"}, "parameters.fast must be a valid integer, not 'x'"),
        (CROSS, {"fast": 30}, "parameters: fast is 30 and slow is 20; fast must be from 1"),
        (f"{HERE}.Modelled", {}, "parameters.size is missing"),
        (f"{HERE}.Modelled", {"size": 12}, "parameters.size must be less than .* 9, not 12"),
        (f"{HERE}.Plain", {"any": 1}, "Unknown key 'any' in parameters"),
    ],
)
def test_what_cannot_be_built_is_one_sentence(
    class_path: str, parameters: dict[str, Any], said: str
) -> None:
    """It names the field, the value and what is allowed."""
    with pytest.raises(ConfigurationError, match=said):
        load_strategy(class_path, parameters)
