"""What a test may do to the exchange: move it, break it, and read its true ledger."""
