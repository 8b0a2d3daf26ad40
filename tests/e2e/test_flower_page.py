"""Flower's page in a real browser: the tasks are listed, and nothing but ids is shown.

`FLOWER_PICTURE=docs/images/flower-tasks.png pytest tests/e2e/test_flower_page.py` takes the
picture of the documentation anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.up import RunningUp
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
#: The way of one order, in the words of Flower's search.
TASKS = (
    "orders.submit_order",
    "orders.poll_order",
    "positions.update_position",
    "portfolio.update_portfolio",
)
#: An account's name, one of our order ids, a symbol.
ID = re.compile(r"paper|aug[a-z0-9]{5,40}(:\d+)?|[A-Z0-9]{2,10}/[A-Z0-9]{2,10}")
WORD = re.compile(r"[a-z ]{1,30}")


class Cells(HTMLParser):
    """The texts of a table's rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td" and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def traded(everything: RunningUp) -> RunningUp:
    """Everything on one machine, with a few orders placed."""
    if not BROWSER:
        pytest.skip("no chromium is installed")
    if everything.process.poll() is not None:
        everything.restart()  # test_up.py came first
    for _ in range(4):
        placed = everything.run("order", "place", "BTC/USDT", "buy", "0.01")
        assert placed.returncode == 0, placed.stderr
    return everything


def browse(up: RunningUp, path: str, *flags: str) -> str:
    """Open a page, let its scripts run, and return its document."""
    password = (up.folder / "data" / "flower-password").read_text().strip()
    scheme, _, place = up.addresses["flower_url"].partition("://")
    command = [
        *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *("--window-size=1840,1000", "--virtual-time-budget=10000"),
        *(f"--user-data-dir={up.folder / 'browser'}", *flags),
        f"{scheme}://augustan:{password}@{place}{path}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout


def task_page() -> str:
    return "/tasks?name=" + quote(" OR name:".join(TASKS))


def rows_of(document: str) -> list[list[str]]:
    cells = Cells()
    cells.feed(document)
    return [row for row in cells.rows if row and row[0] in TASKS]


def test_the_way_of_an_order_is_listed_with_ids_alone(traded: RunningUp):
    """Every task of an order is there; arguments are ids, results a word."""

    def listed() -> list[list[str]]:
        rows = rows_of(browse(traded, task_page(), "--dump-dom"))
        return rows if {row[0] for row in rows} == set(TASKS) else []

    rows = eventually(listed, timeout_s=60, message="the tasks are not listed")

    for name, state, arguments, result, *_ in rows:
        assert state in {"SUCCESS", "STARTED", "RECEIVED", "RETRY"}, name
        shown = re.findall(r"'([^']*)'", arguments)
        assert shown, (name, arguments)
        assert all(ID.fullmatch(word) for word in shown), (name, arguments)
        assert re.sub(r"'[^']*'", "", arguments).strip("()[], ") == "", (name, arguments)
        assert not result or WORD.fullmatch(result.strip("'")), (name, result)


def test_the_page_is_drawn(traded: RunningUp, tmp_path: Path):
    """A picture of the page, as the documentation shows it."""
    picture = tmp_path / "flower-tasks.png"

    browse(traded, task_page(), f"--screenshot={picture}")

    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    if os.environ.get("FLOWER_PICTURE"):
        shutil.copy(picture, os.environ["FLOWER_PICTURE"])
