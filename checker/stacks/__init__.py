"""Judges of stacks, by the specification's own steps."""
