"""Whether an order may be placed, and how large it may be. Pure: values in, a verdict out."""
