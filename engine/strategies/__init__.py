"""What makes signals."""
