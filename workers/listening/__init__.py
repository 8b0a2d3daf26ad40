"""Listen to user streams: many accounts in one process, one leader for each account."""
