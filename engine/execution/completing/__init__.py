"""Bring positions and portfolio up to date once orders are settled."""
