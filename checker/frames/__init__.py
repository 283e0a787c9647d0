"""The practice of the contract `frames`: how frame allocators are judged."""
