"""From the words of a configuration to a strategy. Imports a user's code: call it isolated."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from engine.config.sentences import shown, unknown_key
from engine.errors import ConfigurationError, EngineError
from engine.strategies.strategy import Strategy


def load_strategy(
    class_path: str, parameters: Mapping[str, Any], *, folder: Path | None = None
) -> Strategy:
    """Return the strategy that a configuration names.

    Modules beside the configuration are found, too: `folder` is searched after all others.
    Raises ConfigurationError that names the field, its value and what is allowed.
    """
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
    kind = _find_class(class_path)
    try:
        built = _build(kind, dict(parameters))
    except ValidationError as error:
        raise ConfigurationError(_sentence(error.errors(include_url=False)[0])) from None
    except EngineError as error:
        raise ConfigurationError(f"parameters: {error}") from None
    if not isinstance(built, Strategy):
        raise ConfigurationError(
            f"class is {class_path}; it must have candles_needed and decide(view)."
        )
    return built


def _find_class(class_path: str) -> type[Any]:
    module, _, name = class_path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"class is {class_path}; there is no module {error.name} on the path of the workers or"
            " beside the configuration."
        ) from None
    except AttributeError:
        raise ConfigurationError(f"class is {class_path}; {module} has no {name}.") from None
    if not isinstance(found, type):
        raise ConfigurationError(f"class is {class_path}, which is no class.")
    return found


def _build(kind: type[Any], parameters: dict[str, Any]) -> Any:
    known = _fields_of(kind)
    for key in parameters:
        if key not in known:
            raise ConfigurationError(unknown_key("parameters", key, known))
    if not known:
        return kind()
    return TypeAdapter(kind).validate_python(parameters)


def _fields_of(kind: type[Any]) -> list[str]:
    if issubclass(kind, BaseModel):
        return list(kind.model_fields)
    return (
        [field.name for field in dataclasses.fields(kind) if field.init]
        if (dataclasses.is_dataclass(kind))
        else []
    )


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in ("parameters", *error["loc"]))
    message = error["msg"].removeprefix("Value error, ")
    rule = message.replace("Input should be", "must be", 1).split(", unable to parse")[0]
    if error["type"] == "missing":
        return f"{place} is missing."
    return f"{place} {rule}, not {shown(error['input'])}."
