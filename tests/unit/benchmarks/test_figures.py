"""The figures of the benchmarks: percentiles, ratios and tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Table, in_figures, percentile, ratio

DURATIONS = st.lists(st.floats(min_value=0.001, max_value=1e6), min_size=1, max_size=200)


@given(values=DURATIONS, share=st.integers(0, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(
    values: list[float], share: int
) -> None:
    """It is the smallest such value of those that were measured."""
    found = percentile(values, share / 100)

    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
    below = [value for value in values if value < found]
    assert not below or len(below) * 100 < share * len(values)


def test_the_last_percentile_is_the_largest_value() -> None:
    """With a hundred values the 99th is the last but one."""
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 1) == 100
    assert percentile(values, 0.99) == 99
    assert percentile(values, 0.5) == 50


def test_a_ratio_compares_round_with_round() -> None:
    """A machine that is twice as slow in one round changes nothing."""
    assert ratio([[10.0], [20.0], [31.0]], [[5.0], [10.0], [10.0]], 0.5) == "2.00 (2.00 to 3.10)"


def test_durations_are_told_with_the_digits_that_they_deserve() -> None:
    """Tenths below a hundred milliseconds."""
    assert in_figures([1.26, 250.4], 0.5, 1) == "1.3 / 250 ms"


def test_a_table_is_markdown_with_its_command() -> None:
    """A heading, the command, and one line for each row."""
    table = Table(title="T", columns=("", "p50"), rows=(("a", "1 ms"),), note="N.", command="run")
    assert table.markdown() == ("## T\n\n`run`\n\n|  | p50 |\n| --- | --- |\n| a | 1 ms |\n\nN.\n")
