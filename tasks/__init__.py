"""What can be asked. Each task: ids in, one engine call, a word out."""

from tasks.app import app

__all__ = ["app"]
