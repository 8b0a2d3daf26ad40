"""How an account of a world trades."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Trading:
    """What the wishes for an account are drawn from."""

    market_type: str = "spot"
    is_hedged: bool = False
    has_brackets: bool = False
    has_followers: bool = False  # Orders that change: modified, limited in time, chased, trailing
    has_pairs: bool = False  # Two orders of which one cancels the other
