"""Answers by which Redis says that it did not run a command at all."""

from __future__ import annotations

from redis.exceptions import ResponseError

#: Error codes of the server that are given before a command or a script changes anything, and
#: what a person should do. A script meets them at its first write at the latest.
_REFUSALS = {
    "OOM": "its memory is full; raise maxmemory or free some",
    "LOADING": "it is still loading its data",
    "BUSY": "a script keeps it busy",
    "MISCONF": "it cannot write to its disk",
    "READONLY": "it is a replica and takes no writes",
    "NOREPLICAS": "too few replicas are connected",
    "MASTERDOWN": "its link with the master is down",
    "NOAUTH": "it asks for a password",
    "WRONGPASS": "the user or the password is wrong",
    "NOPERM": "the user may not do this",
}

#: redis-py turns these codes into classes and drops the code from the message.
_CLASSES = {
    "OutOfMemoryError": "OOM",
    "BusyLoadingError": "LOADING",
    "ReadOnlyError": "READONLY",
    "MasterDownError": "MASTERDOWN",
    "AuthenticationError": "WRONGPASS",
    "AuthorizationError": "NOPERM",
    "NoPermissionError": "NOPERM",
}


def find_refusal(error: Exception) -> str:
    """Return the server's code of a refusal; empty when the error is none."""
    code = _CLASSES.get(type(error).__name__)
    if code:
        return code
    if not isinstance(error, ResponseError):
        return ""
    # Inside a script the code follows the script's own words: "@user_script: 12: -OOM command …"
    words = (word.lstrip("-") for word in str(error).split())
    return next((word for word in words if word in _REFUSALS), "")


def is_refusal(error: Exception) -> bool:
    """Tell whether the server said that it changed nothing."""
    return bool(find_refusal(error))


def refusal_sentence(place: str, error: Exception) -> str:
    """Return one sentence for the person who runs the server."""
    code = find_refusal(error)
    return f"Redis at {place} refused, nothing was changed: {_REFUSALS[code]} ({code})."
