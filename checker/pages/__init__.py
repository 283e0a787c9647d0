"""Page states as a machine: drawn moves, and long compiled runs of them."""
