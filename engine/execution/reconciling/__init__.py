"""Believe the exchange: compare, rebuild, make up for what was lost."""
