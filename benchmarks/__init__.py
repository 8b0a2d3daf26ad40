"""What Augustan costs and how quick it is, measured on this machine: `make bench`."""
