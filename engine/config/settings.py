"""The whole configuration, frozen and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from engine.config.accounts import PAPER, AccountSettings, Mode, check_names
from engine.config.addresses import StoreAddress
from engine.config.archive import ArchiveSettings, check_retention
from engine.config.egress import DEFAULT_EGRESS, EgressName, EgressSettings, check_served
from engine.config.emergency import EmergencySettings, check_triggers
from engine.config.execution import ExecutionSettings
from engine.config.fields import AccountName, Section, Symbol, split_commas
from engine.config.protection import ProtectionSettings
from engine.config.risk import RiskSettings
from engine.config.services import THAWED, FlowerSettings, PaperSettings, frozen
from engine.config.store import StoreSettings
from engine.config.strategies import StrategyName, StrategySettings, check_strategies
from engine.config.stream import StreamSettings
from engine.domain.decimals import shorten
from engine.errors import ConfigurationError


class Settings(Section):
    """Everything that a user decides."""

    # First, so that an error in the global limits is not told as one of an account's
    risk_management: RiskSettings = Field(
        default_factory=RiskSettings,
        description="Limits of every account that does not say otherwise",
    )
    accounts: Annotated[
        Mapping[AccountName, AccountSettings], Field(min_length=1), AfterValidator(frozen), THAWED
    ] = Field(
        default_factory=lambda: frozen({PAPER: AccountSettings(name=PAPER, base_url=PAPER)}),
        description="The accounts, by name",
    )
    egress: Annotated[
        Mapping[EgressName, EgressSettings], Field(max_length=100), AfterValidator(frozen), THAWED
    ] = Field(
        default_factory=lambda: frozen({}),
        description="What is special about an outgoing address, by the name that accounts use",
    )
    served_egress: Annotated[
        tuple[EgressName, ...], BeforeValidator(split_commas), Field(max_length=100)
    ] = Field(
        default=(),
        description="The outgoing addresses whose work this machine does; empty: all",
    )
    watchlist: Annotated[
        tuple[Symbol, ...], BeforeValidator(split_commas), Field(max_length=1_000)
    ] = Field(default=(), description="Symbols whose signals are accepted; empty: all")
    strategies: Annotated[
        Mapping[StrategyName, StrategySettings],
        Field(max_length=100),
        AfterValidator(frozen),
        THAWED,
    ] = Field(
        default_factory=lambda: frozen({}),
        description="What makes signals by itself, by name: see docs/strategies.md",
    )
    store: StoreSettings = Field(default_factory=StoreSettings, description="The Redis databases")
    execution: ExecutionSettings = Field(
        default_factory=ExecutionSettings, description="Times and intervals of the engine"
    )
    stream: StreamSettings = Field(
        default_factory=StreamSettings, description="Listening to what exchanges push"
    )
    emergency: EmergencySettings = Field(
        default_factory=EmergencySettings, description="The emergency stop"
    )
    protection: ProtectionSettings = Field(
        default_factory=ProtectionSettings,
        description="Stop-loss and take-profit orders: see docs/protection.md",
    )
    archive: ArchiveSettings = Field(
        default_factory=ArchiveSettings, description="What is kept when orders leave Redis"
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
        default="tasks.dispatch:build_dispatcher", description="What carries work to the workers"
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder of everything that is kept on disk"
    )

    # Not for users: the loader says where the settings came from
    config_path: Path | None = Field(default=None, exclude=True)
    live: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _names_are_keys(self) -> Settings:
        check_names(self.accounts)
        return self

    @model_validator(mode="after")
    def _archive_is_behind_the_keys(self) -> Settings:
        check_retention(self.archive, self.execution)
        return self

    @model_validator(mode="after")
    def _served_exists(self) -> Settings:
        check_served(self.served_egress, self.egress_names())
        return self

    @model_validator(mode="after")
    def _triggers_can_fire(self) -> Settings:
        limits = tuple(account.risk_management for account in self.accounts.values())
        check_triggers(self.emergency.triggers, limits)
        return self

    @model_validator(mode="after")
    def _strategies_fit(self) -> Settings:
        check_strategies(self.strategies, tuple(self.accounts), self.watchlist)
        return self

    @property
    def archive_folder(self) -> Path:
        """The folder of the archive's files."""
        return self.data_dir / (self.archive.folder or "archive")

    @property
    def config_folder(self) -> Path | None:
        """The folder of the configuration, where a user's own modules may be."""
        return self.config_path.parent if self.config_path else None

    def egress_names(self) -> tuple[str, ...]:
        """Return the outgoing addresses of the accounts, the default one first."""
        used = {account.egress for account in self.accounts.values()} - {DEFAULT_EGRESS}
        return (DEFAULT_EGRESS, *sorted(used))

    def strategy_accounts(self, name: str) -> tuple[str, ...]:
        """Return the accounts that trade a configured strategy."""
        return self.strategies[name].accounts or tuple(self.accounts)

    def serves(self, account: AccountSettings) -> bool:
        """Tell whether this machine does the account's work."""
        return not self.served_egress or account.egress in self.served_egress

    def source_address(self, account: AccountSettings) -> str | None:
        """Return the IP address that the account's connections are bound to; None: any."""
        egress = self.egress.get(account.egress)
        return None if egress is None else egress.source_address

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
            raise ConfigurationError(f"There is no account {shorten(name)}; configured: {known}.")
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
