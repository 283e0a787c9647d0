"""Judges of sharing: copy-on-write, mappings that are meant to be shared, and files in memory."""
