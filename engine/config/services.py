"""The two servers with pages or markets of their own: the paper exchange and Flower."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    WrapSerializer,
)

from engine.config.accounts import check_host_url
from engine.config.fields import Amount, Section, Symbol, Whole, split_commas

#: A port; 0 lets the machine choose one, which is then kept.
Port = Annotated[Whole, Field(ge=0, le=65_535)]

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]


def frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


#: pydantic writes a plain dict only.
THAWED = WrapSerializer(lambda value, write: write(dict(value)))


#: Amounts by asset.
AssetAmounts = Annotated[
    Mapping[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,20}$", to_upper=True)],
        Annotated[Amount, Field(ge=0, le=Decimal("1e15"))],
    ],
    AfterValidator(frozen),
    THAWED,
]


class PaperSettings(Section):
    """The paper exchange that `augustan up` runs."""

    url: Annotated[str, AfterValidator(check_host_url)] | None = Field(
        default=None, description="Where it answers; none: what `augustan up` started"
    )
    port: Port = Field(default=0, description="Port to listen on; 0: chosen once and kept")
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = Field(
        default=1, description="The same seed gives the same market"
    )
    speed: Annotated[Amount, Field(gt=0, le=1_000)] = Field(
        default=Decimal(1), description="Pace of the market"
    )
    control: bool = Field(
        default=False, description="Answer the control API, by which tests move the market"
    )
    symbols: Annotated[tuple[Symbol, ...], BeforeValidator(split_commas), Field(max_length=200)] = (
        Field(default=("BTC/USDT", "ETH/USDT"), description="Symbols that it trades")
    )
    balances: AssetAmounts = Field(
        default_factory=lambda: frozen({"USDT": Decimal(10_000)}),
        description="What its account starts with",
    )
    futures_balances: AssetAmounts = Field(
        default_factory=lambda: frozen({"USDT": Decimal(10_000)}),
        description="What its account's futures wallet starts with",
    )
    weight_per_minute: Annotated[Whole, Field(ge=1, le=1_000_000_000)] = Field(
        default=6_000, description="Request weight that it allows one address in a minute"
    )
    orders_per_10s: Annotated[Whole, Field(ge=1, le=1_000_000_000)] = Field(
        default=100, description="Orders that it allows one account in ten seconds"
    )


class FlowerSettings(Section):
    """The page that shows the workers."""

    host: Host = Field(default="127.0.0.1", description="Address to listen on")
    port: Annotated[Whole, Field(ge=1, le=65_535)] = Field(
        default=5555, description="Port to listen on"
    )
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        default="augustan", description="Name to log in with"
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password to log in with; none: generated and kept in the data folder",
    )
    password_file: str | None = Field(default=None, description="A file that holds the password")
