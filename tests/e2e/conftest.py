"""One running system for all end-to-end tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import RunningSystem, running_system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A whole system; tests that break it start one of their own with `running_system`."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running
