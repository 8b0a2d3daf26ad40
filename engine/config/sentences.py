"""Tell what is wrong with a configuration in one sentence that never holds a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.config.shape import SECRET_KEYS

#: A sentence is shorter than this.
MAX_SENTENCE = 300
#: How much of a value or a key is shown.
MAX_SHOWN = 40
#: Shorter secrets would be found inside ordinary words.
MIN_SECRET = 4


def explain(error: ValidationError, document: dict[str, Any], model: type[BaseModel]) -> str:
    """Return one sentence about the first thing that is wrong."""
    first = error.errors(include_url=False)[0]
    return one_line(_said(first, model, tuple(secrets_of(document))))


def unknown_key(place: str, key: str, known: Sequence[str]) -> str:
    """Return the sentence about a key that nobody reads."""
    near = difflib.get_close_matches(key.lower()[:MAX_SHOWN], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}."
    where = f" in {place}" if place else ""
    return one_line(f"Unknown key {shown(key)}{where}; {hint}")


def one_line(sentence: str) -> str:
    """Return the sentence on one line, shorter than MAX_SENTENCE characters."""
    flat = "".join(char if char.isprintable() else " " for char in sentence).strip()
    return flat if len(flat) < MAX_SENTENCE else flat[: MAX_SENTENCE - 4] + "..."


def shown(value: object, secrets: Sequence[str] = ()) -> str:
    """Return a value as a person can read it: short, with no secret in it."""
    # A repr of ten megabytes would be thrown away again
    text = value if isinstance(value, str) else repr(value)
    for secret in secrets:
        text = text.replace(secret, "***")
    short = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."
    return repr(short) if isinstance(value, str) else short


def secrets_of(node: Any, key: str = "") -> Iterator[str]:
    """Yield every text that stands where a secret belongs, the longest forms included."""
    if isinstance(node, dict):
        for inner, value in node.items():
            yield from secrets_of(value, str(inner))
    elif isinstance(node, str) and key in SECRET_KEYS and len(node) >= MIN_SECRET:
        yield node


def _said(error: ErrorDetails, model: type[BaseModel], secrets: tuple[str, ...]) -> str:
    path = [str(part) for part in error["loc"] if part != "[key]"]
    if error["type"] == "extra_forbidden":
        fields = _model_at(model, path[:-1]).model_fields
        known = sorted(field.alias or name for name, field in fields.items())
        return unknown_key(_place(path[:-1], secrets), _hidden(path[-1], secrets), known)
    place = _place(path, secrets) or "The configuration"
    if error["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return f"{place} must be an object, {{...}}."
    rule = _rule(error, secrets)
    if error["type"] == "value_error" and isinstance(error["input"], dict):
        return f"{place} {rule}."
    if SECRET_KEYS & set(path) or isinstance(error["input"], dict | list | tuple):
        return f"{place} {rule}."
    return f"{place} {rule}, not {shown(error['input'], secrets)}."


def _rule(error: ErrorDetails, secrets: tuple[str, ...]) -> str:
    if error["type"] == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"].strip("^$")
        return f"must match {pattern}"
    message = error["msg"].removeprefix("Value error, ")
    for before, after in (
        (r"^Input should be", "must be"),
        (r"^(\w+) should have", r"must have"),
        (r", unable to parse.*$", ""),
        (r" after validation, not \d+$", ""),
        (r"Decimal\('([^']*)'\)", r"\1"),
    ):
        message = re.sub(before, after, message)
    return _hidden(message, secrets)


def _hidden(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _place(path: Sequence[str], secrets: tuple[str, ...]) -> str:
    parts = [_hidden(part, secrets) for part in path]
    return ".".join(part if len(part) <= MAX_SHOWN else part[:MAX_SHOWN] + "..." for part in parts)


def _model_at(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    for part in path:
        field = model.model_fields.get(part)
        if field is not None:
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
