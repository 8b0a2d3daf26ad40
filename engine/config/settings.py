"""The whole configuration, frozen and checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    WrapSerializer,
    model_validator,
)

from engine.config.accounts import PAPER, AccountSettings, Mode, check_host_url
from engine.config.addresses import StoreAddress
from engine.config.execution import ExecutionSettings
from engine.config.fields import AccountName, Amount, Section, Symbol, Whole, split_commas
from engine.config.risk import RiskSettings
from engine.config.store import StoreSettings
from engine.errors import ConfigurationError

#: As AUGUSTAN_CONFIG: there is no file, do not look for one.
NO_FILE = "none"

#: A port; 0 lets the machine choose one, which is then kept.
Port = Annotated[Whole, Field(ge=0, le=65_535)]

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,253}$")]


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


#: pydantic writes a plain dict only.
THAWED = WrapSerializer(lambda value, write: write(dict(value)))


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
    balances: Annotated[
        Mapping[
            Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,20}$", to_upper=True)],
            Annotated[Amount, Field(ge=0, le=Decimal("1e15"))],
        ],
        AfterValidator(_frozen),
        THAWED,
    ] = Field(
        default_factory=lambda: _frozen({"USDT": Decimal(10_000)}),
        description="What its account starts with",
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


class Settings(Section):
    """Everything that a user decides."""

    # First, so that an error in the global limits is not told as one of an account's
    risk_management: RiskSettings = Field(
        default_factory=RiskSettings,
        description="Limits of every account that does not say otherwise",
    )
    accounts: Annotated[
        Mapping[AccountName, AccountSettings], Field(min_length=1), AfterValidator(_frozen), THAWED
    ] = Field(
        default_factory=lambda: _frozen({PAPER: AccountSettings(name=PAPER, base_url=PAPER)}),
        description="The accounts, by name",
    )
    watchlist: Annotated[
        tuple[Symbol, ...], BeforeValidator(split_commas), Field(max_length=1_000)
    ] = Field(default=(), description="Symbols whose signals are accepted; empty: all")
    store: StoreSettings = Field(default_factory=StoreSettings, description="The Redis databases")
    execution: ExecutionSettings = Field(
        default_factory=ExecutionSettings, description="Times and intervals of the engine"
    )
    paper: PaperSettings = Field(default_factory=PaperSettings, description="The paper exchange")
    flower: FlowerSettings = Field(
        default_factory=FlowerSettings, description="The page of the workers"
    )
    installation: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,4}$")] = Field(
        default="a1",
        description="Tag inside every client order id; must differ between installations"
        " that share an exchange account, and must never change",
    )
    dispatcher: Annotated[
        str,
        StringConstraints(
            pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$", max_length=200
        ),
    ] = Field(
        default="tasks.dispatch:CeleryDispatcher", description="What carries work to the workers"
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder of everything that is kept on disk"
    )

    # Not for users: the loader says where the settings came from
    config_path: Path | None = Field(default=None, exclude=True)
    live: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _names_are_keys(self) -> Settings:
        for key, account in self.accounts.items():
            if account.name != key:
                raise ValueError(f"calls the account {key!r} by another name; leave name out")
        return self

    def account(self, name: str | None = None) -> AccountSettings:
        """Return the account called `name`, or the only one.

        Raises ConfigurationError when there is no such account, or several and no name.
        """
        known = ", ".join(sorted(self.accounts))
        if name is None:
            if len(self.accounts) > 1:
                raise ConfigurationError(f"Several accounts are configured; name one of: {known}.")
            return next(iter(self.accounts.values()))
        if name not in self.accounts:
            raise ConfigurationError(f"There is no account {name[:40]!r}; configured: {known}.")
        return self.accounts[name]

    def endpoint(self, account: AccountSettings) -> str | None:
        """Return the address that replaces the exchange's own; None keeps the exchange's.

        Raises ConfigurationError when the account trades on paper and no paper exchange is known.
        """
        if account.mode is not Mode.PAPER:
            return account.base_url
        if self.paper.url is None:
            raise ConfigurationError(
                f"Account {account.name} trades on the paper exchange, which is not running:"
                " start `augustan up`, or set paper.url."
            )
        return self.paper.url

    def state_address(self) -> StoreAddress:
        """Return the Redis database of the state.

        Raises ConfigurationError when none is configured and no `augustan up` runs here.
        """
        if self.store.state is None:
            raise ConfigurationError(
                "No store is known: start `augustan up` in this folder, or set store.url"
                " (AUGUSTAN_STORE_URL) to a Redis address."
            )
        return self.store.state

    def describe(self) -> dict[str, Any]:
        """Return the settings as JSON values, every secret masked."""
        document: dict[str, Any] = self.model_dump(mode="json")
        addresses = {
            "url": self.store.state,
            "broker_url": self.store.broker,
            "result_url": self.store.results,
        }
        for name, address in addresses.items():
            document["store"][name] = address.public_url if address else None
        return document

    def to_environ(self) -> dict[str, str]:
        """Return the variables that make a child process load these same settings."""
        environ = {
            "AUGUSTAN_CONFIG": str(self.config_path or NO_FILE),
            "AUGUSTAN_DATA": str(self.data_dir),
        }
        if self.live:
            environ["AUGUSTAN_LIVE"] = "yes"
        addresses = (self.store.state, self.store.broker, self.store.results)
        for name, address in zip(("STORE", "BROKER", "RESULT"), addresses, strict=True):
            if address is not None:
                environ[f"AUGUSTAN_{name}_URL"] = address.url
        if self.paper.url is not None:
            environ["AUGUSTAN_PAPER_URL"] = self.paper.url
        return environ
