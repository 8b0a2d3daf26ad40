"""Addresses of Redis servers: reading, moving to another database, hiding the password.

The forms are `redis://`, `rediss://` (TLS), `unix://PATH?db=N` and
`sentinel://[USER:PASSWORD@]HOST:PORT[,HOST:PORT…]/DATABASE?master=NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

#: Default port of each form that has hosts.
PORTS = {"redis": 6379, "rediss": 6379, "sentinel": 26379}

#: A Redis server has 16 databases unless it is told otherwise; 10 000 catches typing errors.
MAX_DATABASE = 10_000


@dataclass(frozen=True, kw_only=True)
class StoreAddress:
    """Where a Redis database is."""

    scheme: str
    hosts: tuple[tuple[str, int], ...] = ()  # None for unix://
    path: str = ""  # The socket of unix://
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    master: str = ""  # The name that the sentinels know; sentinel:// only
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def moved(self, databases: int) -> StoreAddress:
        """Return the address of a later database of the same server."""
        return replace(self, database=self.database + databases)

    @property
    def url(self) -> str:
        """The address in the form that it was read from, password included."""
        return self._built(_userinfo(self.username, self.password))

    @property
    def public_url(self) -> str:
        """The address without its password and options."""
        return replace(self, options=MappingProxyType({}))._built("")

    def celery_url(self) -> str:
        """The address as Celery's broker and result backend read it."""
        user = _userinfo(self.username, self.password)
        if self.scheme == "unix":
            query = urlencode({**self.options, "virtual_host": str(self.database)})
            return f"redis+socket://{user}{quote(self.path)}?{query}"
        if self.scheme == "sentinel":
            return ";".join(f"sentinel://{user}{h}:{p}/{self.database}" for h, p in self.hosts)
        options = dict(self.options)
        if self.scheme == "rediss":
            options.setdefault("ssl_cert_reqs", "required")  # Celery insists that it is said
        return replace(self, options=options)._built(user)

    def _built(self, user: str) -> str:
        options = dict(self.options)
        if self.scheme == "unix":
            return f"unix://{user}{quote(self.path)}?{urlencode({**options, 'db': self.database})}"
        if self.master:
            options["master"] = self.master
        hosts = ",".join(f"{_bracketed(host)}:{port}" for host, port in self.hosts)
        query = f"?{urlencode(options)}" if options else ""
        return f"{self.scheme}://{user}{hosts}/{self.database}{query}"


def parse_address(url: str) -> StoreAddress:
    """Read the address of a Redis database.

    Raises ValueError with a sentence that never holds the address, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValueError("is not an address: [ and ] do not match") from error
    options = dict(parse_qsl(parts.query))
    user, _, place = parts.netloc.rpartition("@")
    username, _, password = (unquote(part) for part in user.partition(":"))
    common = StoreAddress(scheme=parts.scheme, username=username, password=password)
    if parts.scheme == "unix":
        return _unix(common, parts, options)
    if parts.scheme not in PORTS:
        raise ValueError("must begin with redis://, rediss://, sentinel:// or unix://")
    return _server(common, place, parts.path, options)


def _unix(common: StoreAddress, parts: SplitResult, options: dict[str, str]) -> StoreAddress:
    if not parts.path.strip("/"):
        raise ValueError("names no socket: write unix:///path/of/the.sock?db=0")
    database = _database(options.pop("db", "0"))
    return replace(common, path=unquote(parts.path), database=database, options=options)


def _server(common: StoreAddress, place: str, path: str, options: dict[str, str]) -> StoreAddress:
    hosts = tuple(_host(part, PORTS[common.scheme]) for part in place.split(","))
    master = options.pop("master", "")
    if common.scheme == "sentinel" and not master:
        raise ValueError("names no master: end it with ?master=NAME")
    if common.scheme != "sentinel" and len(hosts) > 1:
        raise ValueError("names several hosts, which only sentinel:// may")
    database = _database(path.strip("/") or options.pop("db", "0"))
    return replace(common, hosts=hosts, database=database, master=master, options=options)


def _host(place: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        port = parts.port or default_port
    except ValueError as error:
        raise ValueError("has a port that is not a number from 1 to 65535") from error
    if not parts.hostname:
        raise ValueError("names no host")
    return parts.hostname, port


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= MAX_DATABASE):
        raise ValueError(f"must end in a database number from 0 to {MAX_DATABASE}")
    return int(text)


def _userinfo(username: str, password: str) -> str:
    if not (username or password):
        return ""
    return f"{quote(username, safe='')}:{quote(password, safe='')}@"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
