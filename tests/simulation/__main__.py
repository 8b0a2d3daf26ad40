"""Run the simulation: `python -m tests.simulation --lives 10000 --seed 1`."""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import nullcontext

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.runner import Report, run_world, run_worlds
from tests.simulation.world import LIVES, Outcome

#: A failing world's story is told up to so many lines.
MOST_LINES = 400


@click.command()
@click.option(
    "--lives", default=2_000, show_default=True, help=f"Order lives, {LIVES} in each world."
)
@click.option("--seed", default=1, show_default=True, help="The first world; the next follow it.")
@click.option("--processes", default=os.cpu_count() or 1, show_default=True)
@click.option("--seconds", default=math.inf, help="Begin no world after so long.")
@click.option("--story", is_flag=True, help="Tell the world of this seed line by line.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--keep-going", is_flag=True, help="Do not end at the first world that went wrong.")
@click.option("--until", multiple=True, help="Only a violation of this kind ends the run.")
def main(
    lives: int,
    seed: int,
    processes: int,
    seconds: float,
    story: bool,
    as_json: bool,
    keep_going: bool,
    until: tuple[str, ...],
) -> None:
    """Live order lives in simulated worlds; exit code 1 when anything was ever wrong."""
    if story:
        outcome = run_world(seed, tells=True)
        click.echo("\n".join(outcome.story))
        _tell_violations(outcome)
        sys.exit(bool(outcome.violations))
    progress = _progress(as_json)
    with progress or nullcontext():
        task = progress.add_task("order lives", total=lives) if progress else None
        report = run_worlds(
            seed,
            lives,
            processes,
            seconds=seconds,
            keeps_going=keep_going,
            until=until,
            on_world=lambda lived: (
                progress.advance(task, lived) if progress and task is not None else None
            ),
        )
    click.echo(json.dumps(as_document(report)) if as_json else in_words(report))
    if report.bad and not as_json:
        _tell_story(report.bad[0].seed)
        for outcome in report.bad:
            _tell_violations(outcome)
    sys.exit(bool(report.bad))


def _progress(as_json: bool) -> Progress | None:
    if as_json:
        return None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


def as_document(report: Report) -> dict[str, object]:
    """Return the report as programs read it."""
    return {
        "seed": report.seed,
        "worlds": report.worlds,
        "lives": report.lives,
        "steps": report.steps,
        "crashes": report.crashes,
        "simulated_s": report.simulated_ms // 1_000,
        "seconds": round(report.seconds, 1),
        "lives_per_s": round(report.lives_per_s, 1),
        "digest": report.digest,
        "seen": report.seen,
        "violations": [
            {"seed": outcome.seed, "kind": violation.kind, "text": violation.text}
            for outcome in report.bad
            for violation in outcome.violations
        ],
    }


def in_words(report: Report) -> str:
    violations = sum(len(outcome.violations) for outcome in report.bad)
    return (
        f"{report.lives} order lives in {report.worlds} worlds from seed {report.seed}:"
        f" {violations} violations; {report.steps} calls, {report.crashes} crashes,"
        f" {report.simulated_ms // 1_000} s of their time in {report.seconds:.0f} s"
        f" ({report.lives_per_s:.0f} lives/s)"
    )


def _tell_story(seed: int) -> None:
    """Live the world again, which goes the same way, and tell what concerns the failure."""
    outcome = run_world(seed, tells=True)
    click.echo("\n".join(outcome.story[-MOST_LINES:]))
    click.echo(f"the whole story: python -m tests.simulation --seed {seed} --story")


def _tell_violations(outcome: Outcome) -> None:
    for violation in outcome.violations:
        click.echo(f"seed {outcome.seed}: {violation.kind}: {violation.text}")


def with_fixed_hashes() -> None:
    """Start again with a fixed order of sets: else a seed would not repeat exactly."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        arguments = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, arguments, environment)


if __name__ == "__main__":
    with_fixed_hashes()
    main()
