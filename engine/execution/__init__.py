"""The life of an order; each room below is one part of it."""
