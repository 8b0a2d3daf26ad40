"""Look at open orders again and again, at a cost that does not grow with them."""
