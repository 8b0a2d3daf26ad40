"""The spot market: accounts, orders, books, matching, and the synthetic crowd around them."""
