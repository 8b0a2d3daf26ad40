"""Numbers on a command line: exact, above zero, or one sentence that names the field."""

from __future__ import annotations

from decimal import Decimal

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.cli.amounts import Amount, AmountsCommand

QUANTITY = click.Argument(["quantity"], type=Amount())


def convert(text: str) -> Decimal:
    """Return what a user's word becomes."""
    return Amount().convert(text, QUANTITY, None)


@given(st.decimals(min_value=Decimal("1e-15"), max_value=Decimal("1e15"), places=15))
def test_a_number_is_read_exactly(value: Decimal):
    """No digit is lost between the shell and the engine."""
    assert convert(f"{value:f}") == value


@given(st.text(max_size=200))
@example("0" * 25 + "\U0002ebe1" * 15)  # Written as ten letters each
def test_any_other_word_is_a_usage_error_of_one_short_sentence(text: str):
    """Whatever is typed: a number above zero, or a sentence that names the field."""
    try:
        message, number = "", convert(text)
    except click.UsageError as error:
        message, number = error.message, Decimal(0)

    assert (number > 0) != message.startswith("quantity is ")
    assert len(message) < 200


@pytest.mark.parametrize("word", ["-0", "-1", "-.5", "-1e400"])
def test_a_minus_sign_makes_a_wrong_number_not_an_option(word: str):
    """The sentence speaks of the number, wherever it stands."""

    @click.command(cls=AmountsCommand)
    @click.argument("quantity", type=Amount())
    @click.option("--stop-price", type=Amount())
    def command(quantity: Decimal, stop_price: Decimal | None) -> None: ...

    with pytest.raises(click.UsageError, match=f"^quantity is '{word}'; it must be above 0"):
        command.main([word], standalone_mode=False)
    with pytest.raises(click.UsageError, match=f"^stop_price is '{word}'; it must be above 0"):
        command.main(["1", "--stop-price", word], standalone_mode=False)


def test_ten_megabytes_are_refused_in_a_short_sentence():
    """No shell passes so much; a program that calls the command may."""
    with pytest.raises(click.UsageError) as caught:
        convert("9" * 10_000_000)

    assert len(caught.value.message) < 200
