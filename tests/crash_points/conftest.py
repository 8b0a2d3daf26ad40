"""A world of each kind for all lives, which begins anew for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.crash_points.world import Kind, World, open_world


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind], World]]:
    """Return the world of a kind, opened when it is asked for first."""
    with ExitStack() as opened:

        @cache
        def world(kind: Kind) -> World:
            return opened.enter_context(open_world(tmp_path_factory.mktemp("crash"), kind))

        yield world
