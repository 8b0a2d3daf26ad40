"""Take in what the exchange pushes, doubt it, and fill its gaps."""
