"""The endpoints of the futures market, under /fapi."""
