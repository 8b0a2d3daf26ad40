"""End orders: one, many at once, and those whose time is over."""
