"""One part of the benchmarks as a command: its sizes as options, its tables as the output."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Table
from benchmarks.machine import describe_machine

#: Measures in a folder of its own with the sizes of the part.
Measure = Callable[[Path, Any], Sequence[Table]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """A question, how it is measured, and with which sizes (frozen dataclasses of numbers)."""

    name: str
    measure: Measure
    sizes: Any
    quick: Any  # Small enough to see in seconds that it works; its figures mean nothing

    def run(self, sizes: Any) -> list[Table]:
        """Measure in a temporary folder."""
        command = self.command(sizes)
        with tempfile.TemporaryDirectory(prefix="augustan-bench-") as folder:
            tables = self.measure(Path(folder), sizes)
        return [dataclasses.replace(table, command=command) for table in tables]

    def command(self, sizes: Any) -> str:
        """Return the command that measures with these sizes."""
        changed = [
            f" {_flag(name)} {value}"
            for name, value in dataclasses.asdict(sizes).items()
            if value != getattr(self.sizes, name)
        ]
        return f"python -m benchmarks.{self.name}" + "".join(changed)


def run_part(part: Part, argv: Sequence[str] | None = None) -> None:
    """Run one part as a command: an option for each of its sizes, markdown on stdout."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{part.name}")
    add_output_options(parser)
    for field in dataclasses.fields(part.sizes):
        usual = getattr(part.sizes, field.name)
        parser.add_argument(_flag(field.name), type=type(usual), help=f"{usual} unless told")
    arguments = parser.parse_args(argv)
    given = {
        field.name: getattr(arguments, field.name)
        for field in dataclasses.fields(part.sizes)
        if getattr(arguments, field.name) is not None
    }
    usual = part.quick if arguments.quick else part.sizes
    tell(part.run(dataclasses.replace(usual, **given)), arguments.json)


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add what every command understands, and let TERM end it like Ctrl-C: no process is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was done"))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there as well")


def tell(tables: Sequence[Table], file: Path | None) -> None:
    """Print the tables as markdown, and write them as JSON where a file is named."""
    print_tables(tables)
    write_tables(tables, file)


def print_tables(tables: Sequence[Table]) -> None:
    """Print the tables as markdown, and what they were measured on."""
    print("\n".join(table.markdown() for table in tables))
    print(describe_machine() + "\n", flush=True)


def write_tables(tables: Sequence[Table], file: Path | None) -> None:
    """Write the tables as JSON where a file is named."""
    if file is not None:
        machine = describe_machine()
        document = {"machine": machine, "tables": [dataclasses.asdict(table) for table in tables]}
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
