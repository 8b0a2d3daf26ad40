"""What a data folder remembers between two starts: ports, passwords, who belongs together."""

from __future__ import annotations

import json
import random
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from engine.errors import ConfigurationError
from engine.store.private_file import write_private

FILE = "kept.json"
FLOWER_PASSWORD_FILE = "flower-password"  # noqa: S105  # A file's name

#: Below the range from which systems take the ports of outgoing connections.
PORT_RANGE = range(20_000, 32_000)

Value = str | int | bool


class Kept:
    """Values that are made once and then stay, in a file that only its owner may read."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE

    def get(self, name: str) -> Value | None:
        """Return a value, or None when it was never made."""
        return self._load().get(name)

    def put(self, name: str, value: Value) -> None:
        """Remember a value."""
        values = self._load()
        if values.get(name) != value:
            write_private(self.path, json.dumps({**values, name: value}, indent=2) + "\n")

    def port(self, name: str) -> int:
        """Return the port called `name`, chosen at the first call."""
        return int(self._made(name, free_port))

    def password(self, name: str) -> str:
        """Return the password called `name`, made at the first call."""
        return str(self._made(name, lambda: secrets.token_hex(16)))

    def _made(self, name: str, make: Callable[[], Value]) -> Value:
        value = self.get(name)
        if value is None:
            value = make()
            self.put(name, value)
        return value

    def _load(self) -> dict[str, Value]:
        try:
            values = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error}.") from None
        if not isinstance(values, dict):
            raise ConfigurationError(f"{self.path} must hold one JSON object.")
        return values


def flower_password(data_dir: Path) -> str:
    """Return the password of Flower's page, made at the first call."""
    path = data_dir / FLOWER_PASSWORD_FILE
    if not path.exists():
        write_private(path, secrets.token_urlsafe(16) + "\n")
    return path.read_text().strip()


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    for port in random.sample(PORT_RANGE, k=50):
        if is_free("127.0.0.1", port):
            return port
    raise ConfigurationError("No free port was found on this machine.")


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen on the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a connection that just ended must not count as a listener
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
