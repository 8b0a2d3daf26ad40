"""The refusals of the exchange, with the codes and words of Binance's error table."""

from __future__ import annotations


class ApiError(Exception):
    """The exchange refuses a request."""

    def __init__(
        self, code: int, message: str, *, status: int = 400, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, object]:
        """Return the JSON body that Binance sends."""
        return {"code": self.code, "msg": self.message}


def missing_parameter(name: str) -> ApiError:
    return ApiError(
        -1102,
        f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    )


def missing_combination(message: str) -> ApiError:
    return ApiError(-1102, message)


def illegal_characters(name: str, pattern: str) -> ApiError:
    return ApiError(
        -1100,
        f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'.",
    )


def unread_parameters(read: int, sent: int) -> ApiError:
    return ApiError(
        -1104,
        f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.",
    )


def empty_parameter(name: str) -> ApiError:
    return ApiError(-1105, f"Parameter '{name}' was empty.")


def not_required(name: str) -> ApiError:
    return ApiError(-1106, f"Parameter '{name}' sent when not required.")


def too_precise(name: str) -> ApiError:
    return ApiError(-1111, f"Parameter '{name}' has too much precision.")


def invalid_data(name: str) -> ApiError:
    return ApiError(-1130, f"Data sent for parameter '{name}' is not valid.")


def invalid_symbol() -> ApiError:
    return ApiError(-1121, "Invalid symbol.")


def filter_failure(name: str) -> ApiError:
    return ApiError(-1013, f"Filter failure: {name}")


def order_refused(message: str) -> ApiError:
    """Return -2010: the order passed the syntax and was refused by the matching engine."""
    return ApiError(-2010, message)


def insufficient_balance() -> ApiError:
    return order_refused("Account has insufficient balance for requested action.")


def cancel_refused(message: str = "Unknown order sent.") -> ApiError:
    return ApiError(-2011, message)


def no_such_order() -> ApiError:
    return ApiError(-2013, "Order does not exist.")


def ids_do_not_match() -> ApiError:
    return ApiError(-2039, "Client order ID is not correct for this order ID")


def invalid_key_format() -> ApiError:
    return ApiError(-2014, "API-key format invalid.", status=401)


def invalid_key() -> ApiError:
    return ApiError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def invalid_signature() -> ApiError:
    return ApiError(-1022, "Signature for this request is not valid.")


def outside_window() -> ApiError:
    return ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")


def ahead_of_server() -> ApiError:
    return ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def unknown_path(method: str, path: str) -> ApiError:
    return ApiError(-5000, f"Path {path}, Method {method} is invalid", status=404)
