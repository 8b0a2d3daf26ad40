"""Load one exchange of ccxt without its hundred others.

`ccxt/__init__` imports every exchange, and so do `ccxt.async_support` and `ccxt.pro` (together
1.3 s and 108 MB of memory; one alone needs 0.5 s and 55 MB). While the one is imported, empty
packages stand in for the real ones; afterwards `import ccxt` works as ever and shares the classes
that are already there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

PACKAGE = "ccxt"
#: What a class of `ccxt.pro` inherits from lies in the second.
ASYNC_PACKAGE, PRO_PACKAGE = f"{PACKAGE}.async_support", f"{PACKAGE}.pro"
_importing = Lock()


def load_exchange_class(exchange: str) -> Any:
    """Return ccxt's synchronous class of `exchange`, e.g. "binance".

    Raises ImportError when ccxt is not installed or does not know the exchange.
    """
    with _importing, _hollow_packages(PACKAGE):
        return getattr(import_module(f"{PACKAGE}.{exchange}"), exchange)


def load_stream_class(exchange: str) -> Any:
    """Return the class of `exchange` in `ccxt.pro`, which keeps WebSockets in an event loop.

    Raises ImportError as `load_exchange_class` does.
    """
    with _importing, _hollow_packages(PACKAGE, ASYNC_PACKAGE, PRO_PACKAGE) as hollow:
        if PACKAGE in hollow:
            _furnish(hollow[PACKAGE])
        parent = getattr(import_module(f"{ASYNC_PACKAGE}.{exchange}"), exchange)
        if ASYNC_PACKAGE in hollow:
            setattr(hollow[ASYNC_PACKAGE], exchange, parent)
        return getattr(import_module(f"{PRO_PACKAGE}.{exchange}"), exchange)


@contextmanager
def _hollow_packages(*names: str) -> Iterator[Mapping[str, ModuleType]]:
    """Put an empty package in the place of each of `names` that was not imported yet."""
    missing = [name for name in names if name not in sys.modules]
    folder = _folder() if missing else Path()
    hollow = {name: _hollow_package(name, folder) for name in missing}
    sys.modules.update(hollow)
    for name, package in hollow.items():
        _set_in_parent(name, package)
    try:
        yield hollow
    finally:
        for name in reversed(missing):  # A child before its parent
            _set_in_parent(name, None)
            del sys.modules[name]


def _folder() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"the package {PACKAGE} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def _hollow_package(name: str, folder: Path) -> ModuleType:
    package = ModuleType(name)
    package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
    return package


def _set_in_parent(name: str, package: ModuleType | None) -> None:
    """Make `import parent.child` find the child in its parent, or take it out again."""
    parent, _, child = name.rpartition(".")
    if not parent:
        return
    if package is not None:
        setattr(sys.modules[parent], child, package)
    elif child in vars(sys.modules[parent]):
        delattr(sys.modules[parent], child)


def _furnish(package: ModuleType) -> None:
    """Give the hollow `ccxt` what its WebSocket modules import from it."""
    errors = vars(import_module(f"{PACKAGE}.base.errors"))
    vars(package).update({name: value for name, value in errors.items() if name[0] != "_"})
    vars(package)["Exchange"] = import_module(f"{PACKAGE}.base.exchange").Exchange
