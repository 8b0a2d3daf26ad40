"""WebSockets: connections, what goes wrong on them, user events and market data."""
