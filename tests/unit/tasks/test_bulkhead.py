"""Places of accounts in a worker: who gets in, who waits, and what a death gives back."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.admission import admission
from tasks.bulkhead import MOST_WAITING, SLOW_MEMORY_MS, SLOW_MS, Bulkhead, Place
from tests.waiting import eventually

_forks = multiprocessing.get_context("fork")


class Rooms:
    """A bulkhead whose clock the test moves."""

    def __init__(self, folder: Path, processes: int = 4) -> None:
        self.now_ms = 10_000
        self.bulkhead = Bulkhead(folder, processes=processes, now_ms=lambda: self.now_ms)
        self._places: list[Place] = []

    def enter(self, account: str = "a", *words: str) -> Place | None:
        place = self.bulkhead.enter(account, (words[0], words[1:]) if words else None)
        self._places += [place] if place else []
        return place

    def must_enter(self, account: str = "a") -> Place:
        place = self.enter(account)
        assert place is not None
        return place

    def leave(self, place: Place) -> list[tuple[str, tuple[str, ...]]]:
        return self.bulkhead.leave(place)

    def close(self) -> None:
        for place in self._places:
            place.file.close()


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with closing(Rooms(tmp_path)) as rooms:
        yield rooms


@contextmanager
def somebody_inside(folder: Path, account: str = "a") -> Iterator[int]:
    """Let another process work for the account until the end of the block, or its own."""
    ready, entered = _forks.Pipe(duplex=False)

    def work() -> None:
        place = Bulkhead(folder, processes=2).enter(account)
        entered.send(place is not None)
        signal.pause()

    process = _forks.Process(target=work)
    process.start()
    try:
        assert ready.recv()
        assert process.pid is not None
        yield process.pid
    finally:
        process.kill()
        process.join()


def test_one_process_is_left_for_the_others(rooms: Rooms) -> None:
    """Of four processes an account gets three; another account gets in."""
    places = [rooms.enter() for _ in range(4)]
    assert [place is not None for place in places] == [True, True, True, False]
    assert rooms.enter("b") is not None


def test_a_slow_account_gets_one_process(rooms: Rooms) -> None:
    """Somebody has been inside for long: nobody joins him until he is out, nor soon after."""
    first = rooms.must_enter()
    rooms.now_ms += SLOW_MS + 1
    assert rooms.enter() is None
    rooms.leave(first)
    rooms.must_enter()
    assert rooms.enter() is None
    rooms.now_ms += SLOW_MEMORY_MS
    assert rooms.enter() is None
    assert rooms.enter("b") is not None


def test_a_slow_account_that_has_become_quick_gets_its_processes_back(rooms: Rooms) -> None:
    """Its slowness is forgotten a while after the last long stay."""
    first = rooms.must_enter()
    rooms.now_ms += SLOW_MS + 1
    rooms.leave(first)
    rooms.now_ms += SLOW_MEMORY_MS
    assert [rooms.enter() is not None for _ in range(4)] == [True, True, True, False]


def test_who_leaves_calls_who_waits(rooms: Rooms) -> None:
    """In the order of coming, each once, as many as there is room for."""
    places = [rooms.must_enter() for _ in range(3)]
    for word in ("one", "two", "one", "three"):
        assert rooms.enter("a", "task", "a", word) is None
    assert rooms.enter("b", "task", "b", "other") is not None
    assert rooms.leave(places[0]) == [("task", ("a", "one"))]
    assert rooms.leave(places[1]) == [("task", ("a", "two")), ("task", ("a", "three"))]
    assert rooms.leave(places[2]) == []


def test_a_slow_account_is_called_one_by_one(rooms: Rooms) -> None:
    """Who waits for a slow account fills no worker when it is let in."""
    first = rooms.must_enter()
    rooms.now_ms += SLOW_MS + 1
    for word in ("one", "two"):
        rooms.enter("a", "task", "a", word)
    assert rooms.leave(first) == [("task", ("a", "one"))]


def test_no_more_wait_than_can_be_used(tmp_path: Path) -> None:
    """The store knows the rest."""
    rooms = Rooms(tmp_path, processes=2)
    first = rooms.must_enter()
    (tmp_path / "a" / "waiting").write_text("".join(f'["t", "{n}"]\n' for n in range(MOST_WAITING)))
    rooms.enter("a", "t", "one too many")
    rooms.leave(first)
    assert "one too many" not in (tmp_path / "a" / "waiting").read_text()


def test_a_killed_process_gives_its_place_back(tmp_path: Path) -> None:
    """The kernel does: no time-out, nothing to clean up."""
    mine = Bulkhead(tmp_path, processes=2)
    with somebody_inside(tmp_path) as pid:
        assert mine.enter("a") is None
        other = mine.enter("b")
        assert other is not None
        os.kill(pid, signal.SIGKILL)
        place = eventually(lambda: mine.enter("a"))
    other.file.close()
    place.file.close()


def test_a_folder_that_was_cleaned_up_is_made_anew(tmp_path: Path) -> None:
    """A sweeper of temporary files must not stop the trading."""
    rooms = Rooms(tmp_path / "folder")
    rooms.must_enter()
    shutil.rmtree(tmp_path / "folder")
    rooms.must_enter()
    rooms.close()


def test_trouble_with_the_files_lets_everybody_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order among accounts is worth less than their orders."""
    (tmp_path / "file").write_text("no folder")
    broken = Bulkhead(tmp_path / "file", processes=4)
    monkeypatch.setattr("tasks.admission._bulkhead", broken)
    with admission("a") as is_admitted:
        assert is_admitted


@given(steps=st.lists(st.integers(0, 5), max_size=40), processes=st.integers(2, 5))
def test_never_more_than_allowed_and_never_none(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], processes: int
) -> None:
    """However they come, go and dawdle: somebody may always be in, and never all processes."""
    rooms = Rooms(tmp_path_factory.mktemp("rooms"), processes)
    inside: list[Place] = []
    for step in steps:
        if step < 3:
            place = rooms.enter("a", "task", "a")
            assert place is not None or inside
            inside += [place] if place else []
        elif step == 3 and inside:
            rooms.leave(inside.pop(0))
        else:
            rooms.now_ms += 700 * step
        assert len(inside) <= processes - 1
    rooms.close()
