"""A halt is watched until a resume may have worked."""

from __future__ import annotations

from contextlib import suppress

import pytest

from engine.errors import EngineError, InvalidRequest, Retryable
from tests.simulation.halts import Halts

ONE, TWO = "one", "two"


@pytest.fixture
def halts() -> Halts:
    """Return the watch over two accounts, of which one is halted."""
    made = Halts()
    made.note(ONE)
    return made


def test_a_refused_resume_leaves_the_halt_watched(halts: Halts) -> None:
    """It wrote nothing. While it lasts nobody can say, since it may work."""
    with suppress(InvalidRequest), halts.resuming(ONE):
        assert ONE not in halts
        raise InvalidRequest("an order is in doubt")
    assert ONE in halts
    assert TWO not in halts


@pytest.mark.parametrize("error", [None, Retryable("nobody knows")])
def test_a_resume_that_may_have_worked_ends_the_watch(
    halts: Halts, error: EngineError | None
) -> None:
    """Also one whose answer was lost."""
    with suppress(EngineError), halts.resuming(ONE):
        if error is not None:
            raise error
    assert ONE not in halts


def test_a_refusal_beside_a_resume_that_works(halts: Halts) -> None:
    """Two people at once: one is told that it was resumed meanwhile, and the account trades."""
    with suppress(InvalidRequest), halts.resuming(ONE):
        with halts.resuming(ONE):
            pass
        raise InvalidRequest("it was halted or resumed by somebody else meanwhile")
    assert ONE not in halts


def test_a_refusal_while_another_resume_goes_on(halts: Halts) -> None:
    """The other one may have written already."""
    with halts.resuming(ONE):
        with suppress(InvalidRequest), halts.resuming(ONE):
            raise InvalidRequest("an order is in doubt")
        assert ONE not in halts
    assert ONE not in halts


def test_an_empty_store_knows_no_halt(halts: Halts) -> None:
    """Not even one that is being resumed just now."""
    with suppress(InvalidRequest), halts.resuming(ONE):
        halts.forget()
        raise InvalidRequest("an order is in doubt")
    assert ONE not in halts
