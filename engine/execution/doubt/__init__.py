"""Find out what became of an order whose answer is missing."""
