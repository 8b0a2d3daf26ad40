"""What one account did and holds, as plain facts that can be laid side by side. Pure.

A fact is a name and a text with every digit: "trade BTCUSDT 17/4 fee" -> "0.00012 BTC". The two
sides are read from different worlds and share no code but this form.
"""

from __future__ import annotations

from collections.abc import Mapping

Facts = dict[str, str]


def named(name: str, values: Mapping[str, str]) -> Facts:
    """Return the facts of one thing."""
    return {f"{name} {field}": value for field, value in values.items()}


def differences(ours: Facts, theirs: Facts) -> tuple[str, ...]:
    """Return a sentence for every fact that the two sides do not share, digit by digit."""
    return tuple(
        f"{name}: Augustan has {ours.get(name, 'none')}, the exchange {theirs.get(name, 'none')}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    )


def describe(facts: Facts) -> str:
    """Return how much there was to compare, in words."""
    balances = sum(name.startswith("booked ") for name in facts)
    positions = sum(name.startswith("position ") and name.endswith(" quantity") for name in facts)
    return (
        f"{facts['orders']} orders, {facts['trades']} trades,"
        f" {balances} balances, {positions} positions"
    )
