"""Files of what is over: the only part of Augustan that reads or writes them."""
