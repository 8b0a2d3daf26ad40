"""The kinds of value that settings are made of, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


class Section(BaseModel):
    """One object of the configuration: frozen, and closed to keys that it does not know."""

    # hide_input: a validation error must not be able to print a secret
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def refuse_bool(value: Any) -> Any:
    """Refuse true and false where a number belongs (Python would read them as 1 and 0)."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def split_commas(value: Any) -> Any:
    """Read `a, b` as a list, so that the environment can hold one."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


#: A whole number.
Whole = Annotated[int, BeforeValidator(refuse_bool)]

#: An exact number; minus zero is zero.
Amount = Annotated[Decimal, BeforeValidator(refuse_bool), AfterValidator(lambda value: value + 0)]

#: What an account may be called; it becomes part of store keys and variable names.
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]

#: What an exchange holds for an account: `BTC`, `LDUSDT`.
Asset = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,20}$")]

#: A unified symbol (`BTC/USDT`, `BTC/USDT:USDT`) or the exchange's own (`BTCUSDT`).
Symbol = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,20}([/:-][A-Za-z0-9]{1,20}){0,4}$")
]
