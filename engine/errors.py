"""Every way the engine can fail, grouped by what the caller should do."""

from __future__ import annotations

from collections.abc import Mapping


class EngineError(Exception):
    """Something in the engine went wrong."""

    #: Stable word for programs; the message is for people.
    code = "ENGINE_ERROR"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class ConfigurationError(EngineError):
    """The configuration cannot be used."""

    code = "CONFIGURATION"


class InvalidRequest(EngineError):
    """A field of the request is not acceptable; nothing was recorded."""

    code = "INVALID_REQUEST"


class InvalidGroup(InvalidRequest):
    """Members of a group are not acceptable; nothing was recorded."""

    def __init__(self, faults: Mapping[int, str]) -> None:
        super().__init__(" ".join(f"Order {at}: {said}" for at, said in faults.items()))
        #: What is wrong, by the number of the member, counted from 1.
        self.faults = dict(faults)


class KeyConflict(InvalidRequest):
    """This id was already used for a different request."""

    code = "KEY_CONFLICT"


class UnknownOrder(InvalidRequest):
    """No order with this id is known."""

    code = "UNKNOWN_ORDER"


class ArchiveUnreadable(EngineError):
    """The archive, which may hold what is asked for, cannot be read on this machine."""

    code = "ARCHIVE_UNREADABLE"


class ChangeDenied(EngineError):
    """Risk would not let the changed order pass; the order stays as it is."""

    code = "CHANGE_DENIED"

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        #: Why risk said no.
        self.code = code


class Retryable(EngineError):
    """Try again later; nothing was changed."""

    code = "RETRYABLE"


class StoreUnavailable(Retryable):
    """Redis cannot be reached."""

    code = "STORE_UNAVAILABLE"


class StoreUnclear(EngineError):
    """Redis did not answer a write; read again to learn whether it happened."""

    code = "STORE_UNCLEAR"


class BrokerUnavailable(Retryable):
    """The message broker does not answer; what was asked for is in the store."""

    code = "BROKER_UNAVAILABLE"


class ConcurrentChange(Retryable):
    """Somebody else changed the record meanwhile; load it again."""

    code = "CONCURRENT_CHANGE"


class BudgetExhausted(Retryable):
    """The exchange's request allowance is used up for now."""

    code = "BUDGET_EXHAUSTED"

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message)
        #: Earliest useful time to ask again, from now.
        self.retry_after_ms = retry_after_ms


class ExchangeUnavailable(Retryable):
    """The exchange did not answer a question; nothing was learned."""

    code = "EXCHANGE_UNAVAILABLE"


class ExchangeRefused(EngineError):
    """The exchange answered a question with a refusal."""

    code = "EXCHANGE_REFUSED"

    def __init__(self, message: str, exchange_code: str = "") -> None:
        super().__init__(message)
        self.exchange_code = exchange_code


class StreamLost(Retryable):
    """The exchange's push of an account has stopped; what it would have said must be asked for."""

    code = "STREAM_LOST"


class ClockUnknown(Retryable):
    """The exchange's clock was not measured recently enough to sign an order."""

    code = "CLOCK_UNKNOWN"


class IdentityConflict(EngineError):
    """The account name, the key and the exchange's account do not belong together."""

    code = "IDENTITY_CONFLICT"


class AccountHeld(Retryable):
    """The store may have lost writes; the account waits for a reconcile."""

    code = "ACCOUNT_HELD"


class AccountNotReady(Retryable):
    """The account cannot take orders yet."""

    code = "ACCOUNT_NOT_READY"


class StrategyFailed(EngineError):
    """A strategy raised, took too long, or wants what is no signal."""

    code = "STRATEGY_FAILED"
