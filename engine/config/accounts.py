"""One account at one exchange, and where its orders go."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from engine.config.egress import DEFAULT_EGRESS, EgressName
from engine.config.fields import AccountName, Asset, Section, split_commas
from engine.config.risk import RiskSettings

#: The key and the secret that a fresh paper exchange knows.
PAPER_KEY = "paper"
#: The base_url that stands for the paper exchange of `augustan up`.
PAPER = "paper"


class Mode(StrEnum):
    """Where an account's orders go."""

    PAPER = "paper"  #: The paper exchange that `augustan up` runs
    LOCAL = "local"  #: The host that base_url names
    TESTNET = "testnet"  #: The exchange's own test or demo environment
    LIVE = "live"  #: The real exchange, with real money


def check_host_url(value: str) -> str:
    """Return the address of an HTTP host without its last slash; raise ValueError otherwise."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be an address such as http://127.0.0.1:8080")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be a plain address, without user, query or fragment")
    return value.rstrip("/")


def _base_url(value: str) -> str:
    if value == PAPER:
        return value
    try:
        return check_host_url(value)
    except ValueError as error:
        raise ValueError(f'{error}, or "paper"') from None


def _key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip() or any(ord(char) < 32 for char in text.replace("\n", "")):
        raise ValueError("must not be empty or hold control characters")
    return SecretStr(text.strip())


def _market_type(value: object) -> object:
    """Take what people call perpetual contracts for ccxt's word."""
    return "swap" if isinstance(value, str) and value.lower() in {"future", "futures"} else value


#: A credential. Several lines are allowed: some exchanges give PEM keys.
Credential = Annotated[SecretStr, AfterValidator(_key)]


class AccountSettings(Section):
    """What Augustan needs to trade one account."""

    name: AccountName = Field(description="How commands and tables call the account")
    exchange: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,32}$")] = Field(
        default="binance", description="The exchange, by its ccxt id"
    )
    market_type: Annotated[Literal["spot", "swap", "margin"], BeforeValidator(_market_type)] = (
        Field(
            default="spot",
            description='The market that orders of this account trade on; "futures" means "swap"',
        )
    )
    margin_mode: Literal["cross", "isolated"] | None = Field(
        default=None,
        description="Margin of contracts, set before an order that opens; null leaves it as it is",
    )
    api_key: Credential = Field(default=SecretStr(PAPER_KEY), description="The exchange's API key")
    secret: Credential = Field(
        default=SecretStr(PAPER_KEY), description="The secret of the API key"
    )
    api_key_file: str | None = Field(default=None, description="A file that holds the API key")
    secret_file: str | None = Field(default=None, description="A file that holds the secret")
    enabled: bool = Field(
        default=True, description="false: no new orders; still watched and cancellable"
    )
    testnet: bool = Field(default=False, description="Use the exchange's test or demo environment")
    live: bool = Field(
        default=False, description="Use real money; also needs --live or AUGUSTAN_LIVE=yes"
    )
    base_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        default=None, description='"paper", or a host that speaks the exchange\'s protocol'
    )
    egress: EgressName = Field(
        default=DEFAULT_EGRESS,
        description="The outgoing address whose request budget the account shares",
    )
    uncounted_assets: Annotated[
        tuple[Asset, ...], BeforeValidator(split_commas), Field(max_length=1_000)
    ] = Field(
        default=(),
        description="Assets without a market (a receipt of Earn, a delisted coin) that equity"
        " counts as nothing; any other one without a price leaves the equity unknown",
    )
    risk_management: RiskSettings = Field(
        default_factory=RiskSettings, description="Limits that differ from the global ones"
    )

    @property
    def mode(self) -> Mode:
        """Where the orders of this account go."""
        if self.live:
            return Mode.LIVE
        if self.base_url is not None:
            return Mode.PAPER if self.base_url == PAPER else Mode.LOCAL
        return Mode.TESTNET if self.testnet else Mode.PAPER

    @property
    def has_own_keys(self) -> bool:
        """Whether both credentials are the user's own and not the paper exchange's."""
        return PAPER_KEY not in (self.api_key.get_secret_value(), self.secret.get_secret_value())

    @model_validator(mode="after")
    def _one_destination(self) -> AccountSettings:
        if self.live and (self.testnet or self.base_url == PAPER):
            raise ValueError('says live and also testnet or base_url "paper": keep one of them')
        if self.testnet and self.base_url is not None:
            raise ValueError("says testnet and also base_url: keep one of them")
        if self.margin_mode is not None and self.market_type == "spot":
            raise ValueError(
                f"has margin_mode {self.margin_mode} and trades spot: take it out,"
                ' or set market_type to "futures"'
            )
        if self.mode in (Mode.LIVE, Mode.TESTNET) and not self.has_own_keys:
            raise ValueError(
                f"is a {self.mode} account: it needs api_key and secret (or the files)"
            )
        if self.mode is Mode.PAPER and self.base_url is None and self.has_own_keys:
            raise ValueError(
                "has keys but does not say where its orders go:"
                ' set testnet, live, or base_url (for example "paper")'
            )
        return self


def check_names(accounts: Mapping[str, AccountSettings]) -> None:
    """Raise ValueError when an account has another name than its key."""
    for key, account in accounts.items():
        if account.name != key:
            raise ValueError(f"calls the account {key!r} by another name; leave name out")
