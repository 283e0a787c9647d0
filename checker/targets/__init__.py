"""Implementations under check: in this process, in a worker, behind a pipe, or the running system."""
