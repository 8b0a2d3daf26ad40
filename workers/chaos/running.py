"""Chaos from the first process to the proof."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from engine.config import Mode, load_settings
from engine.errors import ConfigurationError
from engine.execution.context import AccountContext
from engine.execution.placing.readiness import await_ready
from engine.process_engine import close_engine, get_engine
from workers.chaos.callers import Callers, give_all
from workers.chaos.diary import Diary
from workers.chaos.kills import Means, draw_blows
from workers.chaos.market import FUTURES, SPOT, configuration
from workers.chaos.processes import Processes
from workers.chaos.result import Result, to_document
from workers.chaos.screen import Screen
from workers.chaos.settling import find_longest_doubt_ms, settle
from workers.chaos.stops import Stops, draw_stops
from workers.chaos.troubles import Troubles
from workers.chaos.weather import draw_storms
from workers.chaos.wishes import draw_tasks
from workers.demo.control import call_control
from workers.demo.private_up import PrivateUp, use_environment
from workers.supervisor.kept import free_port

log = logging.getLogger(__name__)

#: What the callers had begun when the trouble ended is brought to its answer in this time.
ANSWERS_S = 60.0
#: What is started again while the last orders begin gets its blow within this time.
BLOWS_S = 30.0
#: So long an account that is stopped may take to be flat and to take orders again.
RESUME_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user asked for."""

    orders: int
    seconds: int  # No order begins later; settling comes after it
    seed: int


def run_chaos(wanted: Wanted, console: Console) -> Result:
    """Torment a private system on paper, let it come to rest, and prove.

    Raises ConfigurationError for a configuration that is not paper, and when the processes
    cannot start. No process is left; the folder only where something was wrong.
    """
    check_is_paper()
    folder = Path(tempfile.mkdtemp(prefix="augustan-chaos-"))
    is_kept = False
    try:
        document = configuration(seed=wanted.seed, flower_port=free_port(), folder=folder)
        with PrivateUp(folder, document, keeps_temporary=True) as up:
            use_environment(up.config)
            logging.basicConfig(filename=folder / "chaos.log", level=logging.INFO, force=True)
            try:
                result = _torment(wanted, console, up, folder)
            finally:
                close_engine()
        is_kept = not result.proof.holds
        return _keep(result, folder) if is_kept else result
    finally:
        logging.basicConfig(level=logging.WARNING, force=True)
        if not is_kept:
            shutil.rmtree(folder, ignore_errors=True)


def check_is_paper() -> None:
    """Raise ConfigurationError unless every account of the user's configuration is on paper.

    Chaos uses a configuration of its own; whoever has another one may expect something else.
    """
    for account in load_settings(find_running=False).accounts.values():
        if account.mode is not Mode.PAPER:
            raise ConfigurationError(
                f"Account {account.name} of the configuration is {account.mode}; chaos works on"
                " paper only: run it where every account says base_url: paper, or none is"
                " configured (AUGUSTAN_CONFIG=none)."
            )


def _torment(wanted: Wanted, console: Console, up: PrivateUp, folder: Path) -> Result:
    storms = draw_storms(wanted.orders, wanted.seed)
    paper_url = _await_all(console, up, storms[0].clock_offset_ms)
    contexts = [get_engine().account(name) for name in (SPOT, FUTURES)]
    for context in contexts:
        await_ready(context)
    processes = Processes(up.pid, folder / "data")
    blows = draw_blows(wanted.orders, wanted.seed)
    troubles = Troubles(paper_url, processes, storms, blows)
    stops = Stops(draw_stops(wanted.orders, wanted.seed))
    diary, began_s = Diary(), time.monotonic()
    with Screen(console, wanted.orders) as screen:
        _order(wanted, diary, troubles, stops, screen)
        stops.end(RESUME_S)
        screen.settle()
        result = _conclude(contexts, paper_url, diary, troubles, wanted.seed, began_s)
        return replace(result, stops=stops.done)


def _await_all(console: Console, up: PrivateUp, clock_offset_ms: int) -> str:
    """Return where the paper exchange answers, once everything runs."""
    words = "Starting Redis, the paper exchange, workers, listeners and beats"
    with console.status(words):
        paper_url = up.await_paper()
        # A wrong clock is wrong from the beginning: exchanges do not jump back by minutes
        call_control(paper_url, "set_clock", {"offset_ms": clock_offset_ms})
        up.await_addresses()
    return paper_url


def _order(wanted: Wanted, diary: Diary, troubles: Troubles, stops: Stops, screen: Screen) -> None:
    """Let the callers place everything, under all troubles; then the troubles end."""
    callers, until_s = Callers(diary), time.monotonic() + wanted.seconds

    def on_begun(begun: int) -> None:
        troubles.reach(begun)
        stops.reach(begun)
        screen.show(begun, _note(troubles))

    troubles.start()
    callers.start()
    try:
        give_all(callers, draw_tasks(wanted.orders, wanted.seed), until_s, on_begun)
        troubles.await_blows(BLOWS_S)
    finally:
        troubles.stop()
        callers.finish(time.monotonic() + ANSWERS_S)


def _note(troubles: Troubles) -> str:
    struck, dealt = troubles.struck.total(), troubles.processes.dealt.total()
    return f"{struck} faults, {dealt} kills and pauses"


def _conclude(
    contexts: Sequence[AccountContext],
    paper_url: str,
    diary: Diary,
    troubles: Troubles,
    seed: int,
    began_s: float,
) -> Result:
    intents = diary.intents()
    proof = settle(contexts, paper_url, intents)
    dealt = troubles.processes.dealt
    kills = Counter({title: n for title, n in dealt.items() if title.startswith(Means.KILL)})
    return Result(
        proof=proof,
        seed=seed,
        repeats=diary.repeats,
        faults=troubles.struck,
        kills=kills,
        pauses=dealt - kills,
        longest_in_doubt_ms=find_longest_doubt_ms(contexts, intents),
        seconds=time.monotonic() - began_s,
    )


def _keep(result: Result, folder: Path) -> Result:
    """Leave the folder for the curious, the proof in it."""
    result = replace(result, folder=folder)
    (folder / "proof.json").write_text(json.dumps(to_document(result), indent=2))
    return result
