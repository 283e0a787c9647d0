"""The practice of the contract `translation`: how managers of page tables are judged."""
