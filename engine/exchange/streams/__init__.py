"""User streams: one connection of ccxt.pro, tamed, and what it says in our words."""
