"""What holds for every test."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no defect; pytest's own timeout ends what really hangs
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together, where files are distributed, those that share a running system."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.scheduling import SharedScheduling

    return SharedScheduling(config, log)
