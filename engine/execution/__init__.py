"""The life of an order: intake, submission, resolution, cancellation, watching, completion."""
