"""What else may befall a worker, its messages and its servers, at every message of a life.

None of these kills the worker: it goes on, and has to live with what it finds.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from tests.crash_points import power_cut
from tests.crash_points.power_cut import Loss
from tests.crash_points.variations import Variation
from tests.crash_points.wires import Moment

if TYPE_CHECKING:
    from tests.crash_points.run import Run

#: Longer than any lease, window and margin of a life.
ASLEEP_MS = 60_000
#: Two workers at once meet each other differently each time.
RACES = 20
#: How far one clock is from the two others.
APART_MS = 180_000
#: What may not be on the disk yet when the power goes.
LAST_SECOND_WRITES = (2, 8)


def pass_on(run: Run, moment: Moment) -> None:
    """Nothing happens at the message itself."""
    moment.pass_on()


def cut_in_half(run: Run, moment: Moment) -> None:
    """Half of the message arrives, then the connection ends."""
    moment.end.sendall(moment.data[: len(moment.data) // 2])


def fall_asleep(run: Run, moment: Moment) -> None:
    """Stop the worker past lease and window, while another works; then let it wake.

    Its request waits on the wire meanwhile, or the reply to it.
    """
    with run.asleep(), closing(run.another_worker()) as other:
        for _ in range(3):
            run.world.pass_time(ASLEEP_MS // 3)
            run.let_work(other)
    moment.pass_on()


def take_twice(run: Run, moment: Moment) -> None:
    """Another worker takes the same message, and is done with it before this one goes on."""
    errand = run.errand
    if errand is not None:
        with closing(run.another_worker()) as other:
            other.do(errand)
    moment.pass_on()


def restart_store(loss: Loss, run: Run, moment: Moment) -> None:
    """Kill the store, and start it again on what was not lost."""
    run.world.restart_store(loss)
    if moment.is_of_exchange:
        moment.pass_on()


def fill_store(run: Run, moment: Moment) -> None:
    """Leave the store no room for writes, until the worker is done with what it does."""
    run.world.limit_memory(1)
    moment.pass_on()


def free_store(run: Run) -> None:
    run.world.limit_memory(0)


def _restart(name: str, loss: Loss, *, forgets: bool = True) -> Variation:
    strike = partial(restart_store, loss)
    return Variation(name=name, strike=strike, may_fail=True, forgets=forgets, is_durable=True)


def _apart(whose: str, ahead_ms: int) -> Variation:
    name = f"{whose}'s clock {abs(ahead_ms) // 60_000} min {'ahead' if ahead_ms > 0 else 'behind'}"
    apart_ms = {f"{whose}_ms": ahead_ms}
    return Variation(name=name, strike=pass_on, may_fail=True, times=1, apart_ms=apart_ms)


STORMS = {
    one.name: one
    for one in (
        Variation(name="cut in half", strike=cut_in_half, may_fail=True),
        Variation(name="asleep", strike=fall_asleep, may_fail=True),
        Variation(name="taken twice", strike=take_twice, may_fail=True),
        Variation(
            name="all twice at once",
            strike=pass_on,
            may_fail=True,
            times=RACES,
            is_doubled=True,
        ),
        _restart("store restarted", power_cut.nothing, forgets=False),
        *(
            _restart(f"store lost {count} writes", power_cut.last_writes(count))
            for count in LAST_SECOND_WRITES
        ),
        _restart("store from before the claim", power_cut.since_the_claim),
        _restart("store empty", power_cut.everything),
        Variation(name="store full", strike=fill_store, mend=free_store, may_fail=True),
        *(
            _apart(whose, ahead_ms)
            for whose in ("worker", "store", "exchange")
            for ahead_ms in (APART_MS, -APART_MS)
        ),
    )
}
