"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no defect; pytest's own timeout ends what really hangs
settings.register_profile("house", deadline=None)
settings.load_profile("house")
