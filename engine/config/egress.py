"""The addresses that requests leave from."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from engine.config.fields import Section

#: The address of whoever does not say otherwise.
DEFAULT_EGRESS = "default"

#: What an egress address may be called; it becomes part of store keys and queue names.
EgressName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("must be an IP address of this machine, such as 192.0.2.7") from None


class EgressSettings(Section):
    """One outgoing address."""

    source_address: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="IP address that connections are bound to; none: the machine's own choice",
    )


def check_served(served: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raise ValueError when this machine is to serve an address that no account uses."""
    for name in served:
        if name not in known:
            raise ValueError(f"served_egress names {name!r}; the accounts use: {', '.join(known)}")
