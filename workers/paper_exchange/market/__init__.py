"""What every market type shares: books, matching, tapes, candles, and the synthetic crowd."""
