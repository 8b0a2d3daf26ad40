"""Put another order in the place of one: modify, chase, trail."""
