"""Kill a worker at every message of its life, and see whether anything is lost or doubled.

    world.py       Redis, a paper exchange, a clock that jumps; every life begins in the same state
    wires.py       two proxies, to Redis and to the exchange, with one count for both
    worker.py      a forked process: the real tasks on the real engine, in a group of its own
    messages.py    what workers ask each other, in a Redis list behind the same wire
    crew.py        forks and kills workers
    run.py         one life: delivers messages, lets beat tick and time jump, replaces the dead
    lives.py       the lives as data: what callers and the market do, step by step
    variations.py  what becomes of the k-th message and of the worker, as data
    storms.py      the other variations: pause, repeats, cuts, a store that dies, forgets or
                   is full, clocks apart
    power_cut.py   takes from the store's file
    clock.py       the time, and clocks that are apart
    points.py      the same life again with a blow at the next message
    jobs.py        points side by side, each in a world of its own process
    journal.py     the points of a run that was interrupted
    verdict.py     what must hold at the end: compared with the exchange's own ledger
    report.py      the table

A variation is a function `strike(run, moment)`, called by the wire with the k-th message in its
hands: `moment.pass_on()` lets it through (or other bytes in its place), otherwise it is lost and
its connection ends; `run` has the worker, the world and its servers. To add one, add a Variation;
to add a life, add a Life. All of it is replayed by `python -m tests.crash_points --life … \
--variation … --at K`.
"""
