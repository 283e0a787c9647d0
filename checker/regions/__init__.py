"""Regions of an address space: drawn moves, and long compiled runs of them."""
