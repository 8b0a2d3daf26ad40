"""`augustan budget`: how much of the exchange's request allowance is used, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.bootstrap import Engine
from engine.ports import WindowScope, WindowUsage
from engine.process_engine import get_engine
from engine.store.budget import RedisBudget
from workers.cli import tables
from workers.cli.accounts import account_option
from workers.cli.documents import Document
from workers.cli.output import json_option, show, table

if TYPE_CHECKING:
    from rich.console import RenderableType

_BAR_WIDTH = 10


@click.command()
@account_option
@json_option
def budget(account: str | None, as_json: bool) -> None:
    """Show each window of the allowance, by egress address and account.

    Nothing is asked of an exchange.
    """
    engine = get_engine()
    names = list(engine.settings.accounts) if account is None else [account]
    documents = list(address_documents(engine, names))
    show(documents, as_json, lambda: budget_sheets(documents))


def address_documents(engine: Engine, names: list[str]) -> list[Document]:
    """Return one document for each venue and egress address, its accounts below it."""
    addresses: dict[tuple[str, str], Document] = {}
    for name in names:
        budget = engine.budget(name)
        lines = budget.meter()
        place = (budget.scope.venue, budget.scope.egress)
        if place not in addresses:
            addresses[place] = {
                "venue": place[0],
                "egress": place[1],
                **_allowance(budget, lines, WindowScope.ADDRESS),
                "accounts": [],
            }
        addresses[place]["accounts"].append(
            {"account": name, **_allowance(budget, lines, WindowScope.ACCOUNT)}
        )
    return list(addresses.values())


def _allowance(budget: RedisBudget, lines: tuple[WindowUsage, ...], scope: WindowScope) -> Document:
    return {
        "quiet_ms": budget.penalty_ms(scope),
        "windows": [window_document(line) for line in lines if line.window.scope is scope],
    }


def window_document(line: WindowUsage) -> Document:
    """Return one line of the meter; `used` is null while nobody knows."""
    return {
        "window": line.window.name,
        "limit": line.window.limit,
        "used": line.used if line.is_known else None,
        "used_percent": round(100 * line.used / line.window.limit, 1) if line.is_known else None,
        "resets_in_ms": line.resets_in_ms,
        "used_by_lane": {str(lane): use for lane, use in line.used_by_lane.items() if use},
        "used_by_account": {name: use for name, use in line.used_by_account.items() if use},
    }


# ---- for people ------------------------------------------------------------------------------


def budget_sheets(documents: list[Document]) -> RenderableType:
    """Return the allowances as people read them."""
    from rich.console import Group

    return Group(*(part for document in documents for part in _parts(document)))


def _parts(address: Document) -> list[RenderableType]:
    head = f"{address['venue']} through {address['egress']}"
    rows = [_row("", line) for line in address["windows"]]
    quiet = _quiet("everybody is", address["quiet_ms"])
    for account in address["accounts"]:
        rows += [_row(account["account"], line) for line in account["windows"]]
        quiet += _quiet(f"orders of {account['account']} are", account["quiet_ms"])
    grid = table(tables.titles(tables.WINDOWS), tables.rows(tables.WINDOWS, rows))
    return ["\n".join([head, *quiet]), grid, ""]


def _quiet(who: str, quiet_ms: int) -> list[str]:
    if not quiet_ms:
        return []
    return [f"{who} quiet for {_seconds(quiet_ms)}: the exchange answered 429 or 418"]


def _row(account: str, line: Document) -> Document:
    percent = line["used_percent"]
    is_known = percent is not None
    return {
        "account": account or "all",
        "window": line["window"],
        "use": f"{line['used'] if is_known else '?'} of {line['limit']}",
        "bar": f"{bar(percent)} {percent:.0f} %" if is_known else "unknown: taken as full",
        "resets": _seconds(line["resets_in_ms"]),
        "lanes": _shares(line["used_by_lane"]),
        "accounts": "" if account else _shares(line["used_by_account"]),
    }


def bar(percent: float) -> str:
    """Return a bar of fixed width; whatever is used shows at least one mark."""
    full = min(_BAR_WIDTH, max(round(percent * _BAR_WIDTH / 100), 1 if percent else 0))
    return "#" * full + "." * (_BAR_WIDTH - full)


def _shares(uses: dict[str, int]) -> str:
    ordered = sorted(uses.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {use}" for name, use in ordered)


def _seconds(duration_ms: int) -> str:
    return f"{-(-duration_ms // 1000)} s"
