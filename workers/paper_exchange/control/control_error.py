"""The refusal of a command."""

from __future__ import annotations


class ControlError(Exception):
    """A command cannot be carried out; the message is the sentence for its sender."""
