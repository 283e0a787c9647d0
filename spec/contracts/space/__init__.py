"""The contract `space`: address spaces in two dialects, that of Windows and that of Linux.

With it come all of its laws, whichever part of the specification they are about: who lists the laws of a contract
finds each of them registered.
"""

from ... import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws

__all__ = ["access_laws", "page_laws", "region_laws", "sharing_laws", "space_laws", "stack_laws"]
