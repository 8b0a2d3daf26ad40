"""The tamed ccxt client: addresses, failures, secrets, and what importing it costs."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys

import ccxt
import ccxt.pro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from engine.exchange.binance.endpoints import SUBMIT
from engine.exchange.ccxt_class import load_stream_class
from engine.exchange.client import Client, ClientSettings
from engine.exchange.dialect import Request
from engine.exchange.failures import describe_failure, was_never_connected
from engine.exchange.masking import mask, mask_record
from engine.exchange.raw_answer import Reach
from engine.exchange.urls import move_urls

KEY, SECRET = "the-public-part-of-the-key", "the-part-that-nobody-may-see"


def settings(**changes: object) -> ClientSettings:
    words: dict[str, object] = {
        "exchange": "binance",
        "api_key": KEY,
        "secret": SECRET,
        "timeout_ms": 300,
        "recv_window_ms": 5_000,
        "base_url": "http://127.0.0.1:1",
    }
    return ClientSettings(**words | changes)  # type: ignore[arg-type]


def test_every_address_is_moved_and_keeps_its_path() -> None:
    """REST, market streams, user streams and the WebSocket API go to the one host."""
    moved = move_urls(ccxt.pro.binance().urls["api"], "https://proxy.example:8443")
    assert moved["private"] == "https://proxy.example:8443/api/v3"
    assert moved["sapiV3"] == "https://proxy.example:8443/sapi/v3"
    assert moved["fapiPrivateV2"] == "https://proxy.example:8443/fapi/v2"
    assert moved["fapiData"] == "https://proxy.example:8443/futures/data"
    assert moved["ws"]["spot"] == "wss://proxy.example:8443/stream/ws"
    assert moved["ws"]["linear"] == "wss://proxy.example:8443/fstream/ws"
    assert moved["ws"]["ws-api"]["spot"] == "wss://proxy.example:8443/ws-api/v3"
    assert moved["ws"]["ws-api"]["linear"] == "wss://proxy.example:8443/ws-fapi/v1"
    assert "binance" not in str(moved)


def test_plain_hosts_get_plain_streams() -> None:
    """http goes with ws."""
    moved = move_urls(ccxt.pro.binance().urls["api"], "http://127.0.0.1:8080")
    assert moved["ws"]["margin"] == "ws://127.0.0.1:8080/stream/ws"


def test_the_client_goes_where_it_was_told() -> None:
    """A host of one's own, the test network, or the exchange itself."""
    assert address(base_url="http://127.0.0.1:9") == "http://127.0.0.1:9/api/v3"
    assert address(base_url=None, testnet=True) == "https://testnet.binance.vision/api/v3"
    assert address(base_url=None) == "https://api.binance.com/api/v3"


def address(**changes: object) -> str:
    client = Client(settings(**changes), lambda: 0)
    client.close()
    return client.base_url


def test_nobody_listening_is_seen_in_the_cause() -> None:
    """A refused connection is told apart from one that was cut."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: connections are refused
        port = taken.getsockname()[1]
        client = Client(settings(base_url=f"http://127.0.0.1:{port}"), lambda: 0)
        answer = client.send(Request(endpoint=SUBMIT, parameters={"newClientOrderId": "a"}))
        client.close()
    assert answer.failed_before is Reach.CONNECTED
    assert "refused" in answer.failure


def test_a_key_that_cannot_sign_sends_nothing() -> None:
    """A broken private key fails before the request exists, and is not shown."""
    broken = "-----BEGIN PRIVATE KEY-----\nnot-a-key-at-all\n-----END PRIVATE KEY-----"
    client = Client(settings(secret=broken), lambda: 0)
    answer = client.send(Request(endpoint=SUBMIT, parameters={"newClientOrderId": "a"}))
    client.close()
    assert answer.failed_before is Reach.BUILT
    assert "not-a-key-at-all" not in answer.failure


def test_a_key_that_fits_no_header_is_not_shown() -> None:
    """The HTTP library quotes a header that it refuses, escaped; ours hides it."""
    key = KEY + "\nof two lines"
    client = Client(settings(api_key=key), lambda: 0)
    answer = client.send(Request(endpoint=SUBMIT, parameters={"newClientOrderId": "a"}))
    client.close()
    assert "***" in answer.failure
    assert KEY not in answer.failure


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order must not take a way that nobody configured."""
    with socket.socket() as proxy, socket.socket() as taken:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.setblocking(False)
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = Client(settings(base_url=base_url), lambda: 0)
        answer = client.send(Request(endpoint=SUBMIT, parameters={"newClientOrderId": "a"}))
        client.close()
        assert answer.failed_before is Reach.CONNECTED
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_only_the_connect_phase_proves_that_nothing_left() -> None:
    """Resets and read time-outs prove nothing, nor does an error that was only handled before."""
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    retried = MaxRetryError(None, "/", refused)  # type: ignore[arg-type]
    assert was_never_connected(chained(RequestsConnectionError(retried)))
    assert was_never_connected(chained(ssl.SSLCertVerificationError("not the exchange")))
    reset = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
    assert not was_never_connected(chained(RequestsConnectionError(reset)))
    assert not was_never_connected(chained(ReadTimeout("slow")))
    assert not was_never_connected(ssl.SSLError("record layer failure"))
    assert not was_never_connected(after_handling(refused))


def after_handling(first: BaseException) -> BaseException:
    """Return an error that was raised while `first` was handled, without naming it a cause."""
    later = ConnectionResetError("later")
    later.__context__ = first
    return later


def chained(cause: BaseException) -> BaseException:
    error = ccxt.NetworkError("binance POST https://…")
    error.__cause__ = cause
    return error


def test_a_circle_of_causes_ends() -> None:
    """Exceptions may point at each other."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert describe_failure(first) == "ValueError: b"


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=64), st.text(max_size=20))
def test_signatures_are_masked(signature: str, around: str) -> None:
    """In an address, in a body, in a dictionary that was printed."""
    for form in ("?a=x&signature={}&b=x", "signature={}", "{{'signature': '{}'}}"):
        assert mask(form.format(signature)) == form.format("***")
    assert SECRET not in mask(f"{around}{SECRET}{around}", [KEY, SECRET])


def test_the_http_librarys_log_lines_are_masked() -> None:
    """At level DEBUG urllib3 shows whole addresses."""
    record = logging.LogRecord(
        "urllib3", logging.DEBUG, "", 0, '"%s %s"', ("GET", "/a?signature=feed&b=1"), None
    )
    assert mask_record(record)
    assert record.getMessage() == '"GET /a?signature=***&b=1"'


def test_settings_do_not_show_their_secrets() -> None:
    """A representation may end up in a traceback."""
    assert KEY not in repr(settings())
    assert SECRET not in repr(settings())


CHEAP_IMPORT = """
import sys
import engine.exchange.factory
from engine.exchange.client import Client, ClientSettings
Client(ClientSettings(exchange="binance", api_key="k", secret="s", timeout_ms=1,
                      recv_window_ms=1), lambda: 0).close()
others = [name for name in sys.modules if name.startswith("ccxt.") and "kraken" in name]
assert not others, others
assert "aiohttp" not in sys.modules, "only listeners need it"
import ccxt
assert ccxt.binance is sys.modules["ccxt.binance"].binance
assert issubclass(ccxt.kraken, ccxt.Exchange)
"""


def test_one_exchange_is_imported_without_the_others() -> None:
    """The narrow import leaves ccxt itself as usable as ever."""
    done = subprocess.run(
        [sys.executable, "-c", CHEAP_IMPORT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


CHEAP_STREAM_IMPORT = """
import sys
from engine.exchange.ccxt_class import load_exchange_class, load_stream_class
sync, stream = load_exchange_class("binance"), load_stream_class("binance")
others = [name for name in sys.modules if name.startswith("ccxt.") and "kraken" in name]
assert not others, others
assert load_stream_class("binance") is stream
import ccxt, ccxt.async_support, ccxt.pro
assert (ccxt.binance, ccxt.pro.binance) == (sync, stream)
assert issubclass(stream, ccxt.async_support.binance)
assert issubclass(ccxt.pro.kraken, ccxt.async_support.Exchange)
assert load_stream_class("binance") is stream
"""


def test_one_stream_is_imported_without_the_others() -> None:
    """Neither the synchronous hundred nor the two asynchronous hundreds come with it."""
    done = subprocess.run(
        [sys.executable, "-c", CHEAP_STREAM_IMPORT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_stream_is_loaded_beside_all_of_ccxt() -> None:
    """Whoever has imported ccxt before keeps it as it was."""
    assert load_stream_class("binance") is ccxt.pro.binance
    with pytest.raises(ImportError):
        load_stream_class("nosuchexchange")
    assert ccxt.pro.kraken


def test_an_unknown_exchange_is_an_import_error() -> None:
    """The name of an exchange comes from the configuration."""
    with pytest.raises(ImportError):
        Client(settings(exchange="nosuchexchange"), lambda: 0)
