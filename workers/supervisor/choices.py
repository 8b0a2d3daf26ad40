"""What somebody who types `augustan up` chose to run here. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config import Settings
from engine.errors import ConfigurationError
from workers.supervisor.plan import Role


def read_roles(names: Sequence[str]) -> frozenset[Role]:
    """Return the roles; all when none is named. Raises ConfigurationError for an unknown one."""
    known = ", ".join(Role)
    for name in names:
        if name not in list(Role):
            raise ConfigurationError(f"There is no role {name[:40]!r}; the roles are {known}.")
    return frozenset(Role(name) for name in names) or frozenset(Role)


def serve_only(settings: Settings, egresses: Sequence[str]) -> Settings:
    """Return the settings with the egress addresses to serve; as configured when none is named.

    Raises ConfigurationError for an address that no account uses.
    """
    known = ", ".join(settings.egress_names())
    for name in egresses:
        if name not in settings.egress_names():
            raise ConfigurationError(
                f"No account uses the egress {name[:64]!r}; the accounts use: {known}."
            )
    return settings.model_copy(update={"served_egress": tuple(egresses)}) if egresses else settings
