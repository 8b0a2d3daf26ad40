"""Every part, one after the other: `make bench`, about a quarter of an hour on two cores."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import (
    doubt,
    emergency,
    fill_latency,
    fill_steps,
    isolation,
    paper_exchange,
    polled_fills,
    polling_cost,
    saturation,
    takeover,
    warm_start,
)
from benchmarks.figures import Table
from benchmarks.part import add_output_options, print_tables, write_tables

PARTS = {
    module.PART.name: module.PART
    for module in (
        fill_latency,
        fill_steps,
        polled_fills,
        polling_cost,
        doubt,
        emergency,
        isolation,
        saturation,
        takeover,
        warm_start,
        paper_exchange,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which; all unless told")
    add_output_options(parser)
    arguments = parser.parse_args()
    tables: list[Table] = []
    for name in arguments.parts or PARTS:
        part, began_s = PARTS[name], time.monotonic()
        found = part.run(part.quick if arguments.quick else part.sizes)
        print_tables(found)
        tables += found
        print(f"{name}: {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    write_tables(tables, arguments.json)


if __name__ == "__main__":
    main()
