"""How heaps are judged."""
