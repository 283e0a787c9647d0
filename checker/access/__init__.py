"""Judges of accesses to pages, by the specification's own steps."""
