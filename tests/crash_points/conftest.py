"""One world for all lives, which begins anew for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash_points.world import World, open_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("crash")) as opened:
        yield opened
