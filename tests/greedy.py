"""Processes that ask an exchange for all that their shared allowance gives."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from time import sleep, time

from engine.bootstrap import build_engine
from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted, Retryable
from engine.ports import Gateway
from tests.paper import PaperControl

MINUTE_MS = 60_000
#: Who is refused asks again after this at the latest.
LONGEST_WAIT_S = 0.1
QUESTIONS: tuple[Callable[[Gateway], object], ...] = (
    lambda gateway: gateway.load_open_orders("BTC/USDT", Lane.POLL),
    lambda gateway: gateway.load_balances(Lane.SUBMIT),
    lambda gateway: gateway.load_server_time_ms(Lane.SUBMIT),
)


def ask_for(config: Path, account: str, seconds: float, built: Barrier, may_ask: Event) -> None:
    """Ask without a pause: looks, balances and the time, of light and of heavy weight."""
    engine = build_engine(load_settings(str(config), environ={}))
    gateway = engine.account(account).gateway
    built.wait()
    may_ask.wait()
    until_s = time() + seconds
    for ask in cycle(QUESTIONS):
        if time() >= until_s:
            break
        try:
            ask(gateway)
        except BudgetExhausted as refused:
            sleep(min(refused.retry_after_ms / 1_000, LONGEST_WAIT_S))
        except Retryable:
            sleep(LONGEST_WAIT_S)
    engine.close()


@contextmanager
def greedy_processes(
    config: Path, accounts: Sequence[str], count: int, seconds: float
) -> Iterator[Callable[[], None]]:
    """Have `count` processes ready, accounts in turn; they ask for so long once told to begin.

    Yield what begins them: how slowly they are built is no part of what they show. The block
    ends when they do.
    """
    fork = multiprocessing.get_context("fork")
    built, may_ask = fork.Barrier(count + 1), fork.Event()
    processes = [
        fork.Process(
            target=ask_for,
            args=(config, accounts[n % len(accounts)], seconds, built, may_ask),
            daemon=True,
        )
        for n in range(count)
    ]
    for process in processes:
        process.start()
    try:
        built.wait(60)
        yield may_ask.set
        for process in processes:
            process.join(seconds + 30)
    finally:
        for process in processes:
            with suppress(ValueError):
                process.kill()


def weight_at_turns(control: PaperControl, offset_ms: int, turns: int) -> list[int]:
    """Return all weight that the exchange had counted at each of the next turns of its minute.

    `offset_ms` is how far its clock is before this machine's.
    """
    counted = []
    for _ in range(turns):
        turn = _minute(offset_ms) + 1
        weight = 0
        while _minute(offset_ms) < turn:
            weight = int(control.stats()["weight"])
            sleep(0.02)
        counted.append(weight)
    return counted


def _minute(offset_ms: int) -> int:
    return (int(time() * 1_000) + offset_ms) // MINUTE_MS


def offset_before_turn(before_ms: int) -> int:
    """Return the offset with which the exchange's minute turns so long from now."""
    return -(int(time() * 1_000) + before_ms) % MINUTE_MS
