"""One ccxt client, tamed: one request per call, and the raw answer kept.

ccxt signs and carries; its own throttle, retries, redirects, proxies and log lines are off, and
its exceptions are read only for how far the request came. Synchronous; one process, one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engine.exchange.ccxt_class import load_exchange_class
from engine.exchange.connection import KeptConnection
from engine.exchange.dialect import Request
from engine.exchange.failures import describe_failure, was_never_connected
from engine.exchange.masking import mask, mask_wire_logs, silent_logger
from engine.exchange.raw_answer import RawAnswer, Reach
from engine.exchange.urls import move_urls

#: ccxt's word for the host that signed requests of a market go to.
PRIVATE_APIS = {"spot": "private", "swap": "fapiPrivate"}


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Everything that a client is built from."""

    exchange: str  # ccxt's id
    market_type: str = "spot"  # ccxt's word
    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    timeout_ms: int
    recv_window_ms: int  # Of questions and cancels; an order brings its own
    base_url: str | None = None  # Replaces the exchange's own host
    source_address: str | None = None  # IP address that connections are bound to
    testnet: bool = False


class Client:
    """Sends one request at a time and says what came back. Never raises for what went wrong."""

    def __init__(self, settings: ClientSettings, signing_time_ms: Callable[[], int]) -> None:
        """`signing_time_ms`: the exchange's time, by which questions and cancels are signed."""
        mask_wire_logs()
        self._market_type = settings.market_type
        self._secrets = (settings.api_key, settings.secret)
        self._ccxt = _build_ccxt(settings, self._remember, self._begin, signing_time_ms)
        self._connection = KeptConnection(settings.source_address)
        for scheme in ("http://", "https://"):
            self._ccxt.session.mount(scheme, self._connection)
        self._answer: RawAnswer | None = None
        self._has_begun = False

    @property
    def base_url(self) -> str:
        """Return where private requests go."""
        return str(self._ccxt.urls["api"][PRIVATE_APIS[self._market_type]])

    @property
    def is_connected(self) -> bool:
        """Tell whether a connection to the exchange stands, as far as can be seen from here."""
        host = urlsplit(self.base_url).hostname
        return host is not None and self._connection.is_open(host)

    def send(self, request: Request) -> RawAnswer:
        """Send `request` once and return what is known of the answer."""
        self._answer, self._has_begun = None, False
        endpoint = request.endpoint
        try:
            self._ccxt.request(
                endpoint.path, [endpoint.api], endpoint.method, dict(request.parameters)
            )
        except Exception as error:  # noqa: BLE001 - whatever escaped, the request may be out
            return self._answer or self._failed(error)
        return self._answer or RawAnswer(failure="no answer was seen")

    def close(self) -> None:
        self._ccxt.close()

    def _begin(self) -> None:
        self._has_begun = True

    def _remember(self, status: int, headers: Mapping[str, str], body: str) -> None:
        lowered = {name.lower(): value for name, value in headers.items()}
        self._answer = RawAnswer(status=status, headers=lowered, body=body)

    def _failed(self, error: BaseException) -> RawAnswer:
        failure = mask(describe_failure(error), self._secrets)
        if not self._has_begun:
            return RawAnswer(failed_before=Reach.BUILT, failure=failure)
        if was_never_connected(error):
            return RawAnswer(failed_before=Reach.CONNECTED, failure=failure)
        return RawAnswer(failure=failure)


def _build_ccxt(
    settings: ClientSettings,
    remember: Callable[[int, Mapping[str, str], str], None],
    begin: Callable[[], None],
    signing_time_ms: Callable[[], int],
) -> Any:
    exchange_class = load_exchange_class(settings.exchange)

    class Recording(exchange_class):  # type: ignore[misc, valid-type]  # chosen at run time
        """The exchange's client; every answer is shown to us before it is interpreted."""

        def fetch(self, *args: Any, **kwargs: Any) -> Any:
            begin()
            return super().fetch(*args, **kwargs)

        def on_rest_response(
            self, code: int, reason: Any, url: Any, method: Any, headers: Any, body: str, *_: Any
        ) -> str:
            remember(code, headers, body)
            return body.strip()

        def nonce(self) -> int:
            return signing_time_ms()

    client = Recording(configuration(settings))
    direct(client, settings)
    client.session.max_redirects = 0  # A followed redirect would send the order again
    client.session.trust_env = False  # No proxy and no .netrc from the environment
    return client


def direct(client: Any, settings: ClientSettings) -> None:
    """Point a client of ccxt at the host that the settings name, or at the test network."""
    if settings.testnet and settings.market_type == "spot":
        client.set_sandbox_mode(True)
    elif settings.testnet:  # ccxt's sandbox has no futures any more
        client.enable_demo_trading(True)
    if settings.base_url is not None:
        client.urls["api"] = move_urls(client.urls["api"], settings.base_url)


def configuration(settings: ClientSettings) -> dict[str, Any]:
    """Return what every client of ccxt is built with: keys, and all of its own wits off."""
    return {
        "apiKey": settings.api_key,
        "secret": settings.secret,
        "timeout": settings.timeout_ms,
        "enableRateLimit": False,  # The shared budget decides, before the claim
        "logger": silent_logger(),
        "options": {"recvWindow": settings.recv_window_ms, "maxRetriesOnFailure": 0},
    }
