"""Record and send orders: from a wish to the exchange, once."""
