"""Halt, resume and the emergency stop, by hand and by triggers."""
