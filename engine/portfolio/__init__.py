"""From ledger rows to positions, balances and equity."""
