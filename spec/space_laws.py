"""The laws of the contract `space` that are about calls as such: what is read, and what a refused call leaves behind.

They quantify over histories of calls, not over states, so that only an implementation can break them.
"""

from __future__ import annotations

from .law import Law, Scope, register
from .page_laws import CONTRACT

register(
    Law(
        "V17",
        "stored",
        CONTRACT,
        "What was written last to a place is read there: through memory, through every mapping, and in the file.",
        "mmap(2), MAP_SHARED: updates are visible to others that map the file, and are carried through to it.",
        Scope.CONDUCT,
    )
)
register(
    Law(
        "V18",
        "atomic",
        CONTRACT,
        "A call that is refused has changed nothing, unless the dialect says what it has done before it was.",
        "VirtualAlloc: if a call fails, the pages are as before; munmap(2) and mmap(2) with ENOMEM.",
        Scope.CONDUCT,
    )
)
