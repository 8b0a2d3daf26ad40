"""A minute of trading on paper, from start to proof: what `augustan demo` does."""
