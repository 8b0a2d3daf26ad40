"""Save the page and the summary as a picture, as a terminal shows them."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from workers.demo.summary import Result, build_table
from workers.demo.view import PAGE_HEIGHT, render

#: Fonts that a viewer would fetch from elsewhere; any fixed-width one of its own will do.
FETCHED_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
#: Wide enough for every column of the page.
COLUMNS = 132


def draw_terminal(path: Path, result: Result) -> None:
    """Write an SVG of the last page of the trading and of the summary below it."""
    console = Console(record=True, width=COLUMNS, height=PAGE_HEIGHT, file=io.StringIO())
    console.print(render(result.traded))
    console.print(build_table(result))
    console.print(result.verdict, style="bold green" if result.is_equal else "bold red")
    picture = console.export_svg(title="augustan demo")
    path.write_text(FETCHED_FONTS.sub("", picture), "utf-8")
