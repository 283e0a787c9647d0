"""Executable specification of virtual memory, and a verifier that judges memory managers against it.

The package root stays light: importing it pulls in neither a solver, nor a compiler, nor a test engine.
Each sub-package is one floor of the house and imports downwards only::

    checker  who judges             proofs  why it holds at every size
       |                              |
     model   how it can be done       |
       |                              |
       +----------- spec  what must hold
"""

__version__ = "0.1.0"
