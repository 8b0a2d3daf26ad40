"""Words of contracts: which position a verb is about, and which price its stop watches."""

from __future__ import annotations

import click

from engine.domain.derivative import PositionSide
from engine.domain.order_terms import TriggerBy

position_side_option = click.option(
    "--position-side",
    type=click.Choice(list(PositionSide), case_sensitive=False),
    default=PositionSide.BOTH,
    help="In hedge mode: which of the two positions is meant.",
)

trigger_by_option = click.option(
    "--trigger-by",
    type=click.Choice(list(TriggerBy), case_sensitive=False),
    default=TriggerBy.LAST,
    help="The price that a contract's trigger watches.",
)

stop_trigger_by_option = click.option(
    "--stop-trigger-by",
    type=click.Choice(list(TriggerBy), case_sensitive=False),
    help="The price of a contract that the stop watches; where it is not said, as it is.",
)
