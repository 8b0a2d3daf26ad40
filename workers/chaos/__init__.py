"""Random orders under every fault and kill, and the proof: what `augustan chaos` does."""
