"""Load what carries work to the workers, as the configuration names it."""

from __future__ import annotations

from importlib import import_module

from engine.config import Settings
from engine.errors import ConfigurationError
from engine.ports import Dispatcher


def build_dispatcher(settings: Settings) -> Dispatcher:
    """Call what `settings.dispatcher` names as module:function; the engine knows no Celery."""
    module, _, attribute = settings.dispatcher.partition(":")
    try:
        build = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"dispatcher is {settings.dispatcher!r}; it must name a function of the settings as"
            f" module:function ({error})."
        ) from error
    dispatcher: Dispatcher = build(settings)
    return dispatcher
