"""How it can be done: implementations of the contracts, one to read and one to run fast."""
