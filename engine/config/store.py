"""Where the state, the messages and the task results live."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from engine.config.addresses import StoreAddress, parse_address
from engine.config.fields import Section


def _checked(value: SecretStr) -> SecretStr:
    parse_address(value.get_secret_value())
    return value


#: A Redis address. Secret, because it may hold a password.
Url = Annotated[SecretStr, AfterValidator(_checked)]


class StoreSettings(Section):
    """The Redis databases. Without a url, `augustan up` runs its own servers."""

    url: Url | None = Field(
        default=None, description="Redis of the state; none: the server that `augustan up` runs"
    )
    broker_url: Url | None = Field(
        default=None, description="Redis of the messages; none: the database after the state's"
    )
    result_url: Url | None = Field(
        default=None,
        description="Redis of the task results; none: the second database after the state's",
    )
    url_file: str | None = Field(default=None, description="A file that holds the url")
    broker_url_file: str | None = Field(
        default=None, description="A file that holds the broker_url"
    )
    result_url_file: str | None = Field(
        default=None, description="A file that holds the result_url"
    )
    appendfsync: Literal["always", "everysec"] = Field(
        default="always", description="When the own server writes to disk: always loses nothing"
    )

    @property
    def state(self) -> StoreAddress | None:
        """The database of the state; None when no server is known."""
        return _address(self.url, None, 0)

    @property
    def broker(self) -> StoreAddress | None:
        """The database of the messages; None when no server is known."""
        return _address(self.broker_url, self.url, 1)

    @property
    def results(self) -> StoreAddress | None:
        """The database of the task results; None when no server is known."""
        return _address(self.result_url, self.url, 2)


def _address(own: SecretStr | None, state: SecretStr | None, later: int) -> StoreAddress | None:
    if own is not None:
        return parse_address(own.get_secret_value())
    if state is not None:
        return parse_address(state.get_secret_value()).moved(later)
    return None
