"""Judges of heaps as blocks, by the specification's own steps."""
