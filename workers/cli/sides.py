"""Which position of a contract a verb is about, where the account holds two."""

from __future__ import annotations

import click

from engine.domain.derivative import PositionSide

position_side_option = click.option(
    "--position-side",
    type=click.Choice(list(PositionSide), case_sensitive=False),
    default=PositionSide.BOTH,
    help="In hedge mode: which of the two positions is meant.",
)
