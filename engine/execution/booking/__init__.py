"""Bring trades, fees, funding and balances into the ledger."""
