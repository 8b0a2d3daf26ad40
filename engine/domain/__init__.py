"""What the engine is about: pure values, no clock, no I/O. Money is Decimal, times are ms."""
