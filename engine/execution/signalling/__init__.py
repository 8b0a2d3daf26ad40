"""From signals and strategies to orders."""
