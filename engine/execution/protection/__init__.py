"""Stops and targets that stand guard over positions."""
