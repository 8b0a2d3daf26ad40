"""An exchange on this machine that speaks Binance's protocol; it imports nothing of the engine."""
