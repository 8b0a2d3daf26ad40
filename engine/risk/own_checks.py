"""Checks that a user wrote: named in the configuration, asked after all of ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from engine.config import Settings
from engine.domain.decimals import shorten
from engine.domain.risk import Denied
from engine.errors import ConfigurationError
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate

#: Returns one sentence that says why not, or None. Must be quick, and change nothing.
Rule = Callable[[Candidate], str | None]


@dataclass(frozen=True, kw_only=True)
class OwnCheck:
    """A user's check, or why there is none."""

    name: str
    rule: Rule | None
    problem: str = ""

    def __call__(self, candidate: Candidate) -> Denied | None:
        """Return its denial; one that is not there or raises denies, too."""
        if self.rule is None:
            return self._failed(self.problem)
        try:
            said = self.rule(candidate)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            return self._failed(f"it raised {type(error).__name__}: {shorten(str(error), 100)}")
        if said is None:
            return None
        if not isinstance(said, str):
            return self._failed(f"it returned {shorten(said)}, neither a sentence nor None")
        return deny(DenialCode.OWN_CHECK, said or f"{self.name} said no.", check=self.name)

    def _failed(self, problem: str) -> Denied:
        message = f"the check {self.name} failed: {problem}"
        return deny(DenialCode.OWN_CHECK_FAILED, f"{message.rstrip('.')}.", check=self.name)


def load_own_checks(names: Iterable[str], folder: Path | None = None) -> tuple[OwnCheck, ...]:
    """Return the checks; one that cannot be had denies every order with the reason.

    So a mistake in a user's module stops orders, and neither cancels nor a halt. Modules beside
    the configuration are found, too: `folder` is searched after all others.
    """
    return tuple(_load(name, folder) for name in names)


def require_own_checks(settings: Settings) -> None:
    """Raise ConfigurationError for the first check of a user's own that cannot be had.

    For a start that somebody watches; processes that run on deny orders instead, so that cancels
    and a halt still pass.
    """
    accounts = settings.accounts.values()
    for name in sorted({name for one in accounts for name in one.risk_management.checks}):
        find_rule(name, settings.config_folder)


def _load(name: str, folder: Path | None) -> OwnCheck:
    try:
        return OwnCheck(name=name, rule=find_rule(name, folder))
    except ConfigurationError as error:
        return OwnCheck(name=name, rule=None, problem=str(error))


def find_rule(name: str, folder: Path | None = None) -> Rule:
    """Return what `name` means: a function, or an instance of a class that can be called.

    Raises ConfigurationError with one sentence when there is no such thing.
    """
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(import_module(module), attribute)
        rule = found() if isinstance(found, type) else found
    except Exception as error:  # noqa: BLE001 - importing runs a user's code, which may raise anything
        raise ConfigurationError(
            f"checks has {name}, which cannot be loaded:"
            f" {type(error).__name__}: {shorten(str(error), 120)}."
        ) from None
    if not callable(rule):
        raise ConfigurationError(
            f"checks has {name}, which cannot be called; it must be a function, or a class"
            " with __call__, that takes the order and returns a sentence or None."
        )
    checked: Rule = rule
    return checked
