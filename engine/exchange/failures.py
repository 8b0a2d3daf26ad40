"""How far a request came, read from the exception that ended it. Pure."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from requests.exceptions import ConnectTimeout
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

#: Raised before a byte of the request can have left: no address, nobody listening, no
#: connection in time, or a certificate that is not the exchange's.
NOT_CONNECTED = (
    NewConnectionError,  # Its child NameResolutionError too
    ConnectTimeoutError,
    ConnectTimeout,
    ssl.SSLCertVerificationError,
)


def was_never_connected(error: BaseException) -> bool:
    """Tell whether the error proves that no connection was made.

    A reset, a broken pipe or a time-out while reading proves nothing: bytes may have left.
    """
    return any(isinstance(cause, NOT_CONNECTED) for cause in iterate_causes(error))


def describe_failure(error: BaseException) -> str:
    """Return the innermost cause in words; it may hold an address with its signature."""
    *_, cause = iterate_causes(error)
    return f"{type(cause).__name__}: {cause}"


def iterate_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what is explicitly behind it, outermost first.

    Only explicit causes count: an error that happened to be handled meanwhile proves nothing.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or _inner_error(current)


def _inner_error(error: BaseException) -> BaseException | None:
    """Return what requests and urllib3 carry inside: `args[0]` of one, `reason` of the other."""
    if isinstance(error, MaxRetryError):
        return error.reason
    inner = error.args[0] if error.args else None
    return inner if isinstance(inner, BaseException) else None
