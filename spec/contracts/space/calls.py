"""The calls of the contract `space`: those of both dialects, those of Windows, those of Linux.

Addresses and lengths are in bytes. Rights are letters: `r`, `w`, `x` in this order, none of them for no access; on
Windows also `c` (a write takes a private copy first) and `g` (guard: the first access warns, once). The address 0 asks
for any place. Numbers name processes, files and sections; -1 is no file.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

NO_FILE = -1

# -- both dialects ------------------------------------------------------------------------------------------------


@attrs.frozen
class Create:
    """A new process, to which nothing is given."""

    name: ClassVar[str] = "create"
    process: int


@attrs.frozen
class Exit:
    """A process ends, and gives back all that it has."""

    name: ClassVar[str] = "exit"
    process: int


@attrs.frozen
class Read:
    """The byte at an address."""

    name: ClassVar[str] = "read"
    process: int
    address: int


@attrs.frozen
class Write:
    """A byte is written."""

    name: ClassVar[str] = "write"
    process: int
    address: int
    value: int


@attrs.frozen
class Execute:
    """An instruction is fetched, and does nothing."""

    name: ClassVar[str] = "execute"
    process: int
    address: int


@attrs.frozen
class File:
    """A new file of zero bytes."""

    name: ClassVar[str] = "file"
    file: int
    length: int


@attrs.frozen
class Load:
    """A byte of a file is read, as `read` reads files."""

    name: ClassVar[str] = "load"
    file: int
    offset: int


@attrs.frozen
class Store:
    """A byte of a file is written, as `write` writes files."""

    name: ClassVar[str] = "store"
    file: int
    offset: int
    value: int


# -- Windows ------------------------------------------------------------------------------------------------------


@attrs.frozen
class Reserve:
    """A range is set aside, from any place or from the granule of `address` on, and committed too if `commit`."""

    name: ClassVar[str] = "reserve"
    process: int
    address: int
    size: int
    rights: str
    commit: bool


@attrs.frozen
class Commit:
    """The pages that a range touches are charged."""

    name: ClassVar[str] = "commit"
    process: int
    address: int
    size: int
    rights: str


@attrs.frozen
class Decommit:
    """The pages that a range touches are only reserved again; size 0 with the base of a region: all of it."""

    name: ClassVar[str] = "decommit"
    process: int
    address: int
    size: int


@attrs.frozen
class Release:
    """A whole region is free again: its base, and size 0."""

    name: ClassVar[str] = "release"
    process: int
    address: int
    size: int


@attrs.frozen
class Protect:
    """The pages that a range touches get other rights; gives the rights that the first of them had."""

    name: ClassVar[str] = "protect"
    process: int
    address: int
    size: int
    rights: str


@attrs.frozen
class Query:
    """[address of the page, base of its region, bytes of pages from here on that are alike, state, rights]."""

    name: ClassVar[str] = "query"
    process: int
    address: int


@attrs.frozen
class Lock:
    """The pages that a range touches stay resident."""

    name: ClassVar[str] = "lock"
    process: int
    address: int
    size: int


@attrs.frozen
class Unlock:
    """The pages that a range touches need not stay resident."""

    name: ClassVar[str] = "unlock"
    process: int
    address: int
    size: int


@attrs.frozen
class Section:
    """A new section: memory that processes may map views of. `file`: its contents are those of a file."""

    name: ClassVar[str] = "section"
    section: int
    size: int
    file: int


@attrs.frozen
class MapView:
    """A view of a section, from any place or from `address` on."""

    name: ClassVar[str] = "map_view"
    process: int
    section: int
    offset: int
    size: int
    rights: str
    address: int


@attrs.frozen
class UnmapView:
    """The view that begins at `address` goes."""

    name: ClassVar[str] = "unmap_view"
    process: int
    address: int


@attrs.frozen
class Stack:
    """A thread's stack of so many bytes is reserved; its highest page is committed, the one below is the guard."""

    name: ClassVar[str] = "stack"
    process: int
    size: int


# -- Linux --------------------------------------------------------------------------------------------------------


@attrs.frozen
class Fork:
    """A new process with all that another one has, each with its own copy of what is private."""

    name: ClassVar[str] = "fork"
    process: int
    child: int


@attrs.frozen
class Mmap:
    """Pages are given: anywhere, at `address` if that is possible, or there in any case if `fixed`."""

    name: ClassVar[str] = "mmap"
    process: int
    address: int
    length: int
    rights: str
    shared: bool
    fixed: bool
    file: int
    offset: int


@attrs.frozen
class Munmap:
    """Pages are taken back; where there were none, nothing happens."""

    name: ClassVar[str] = "munmap"
    process: int
    address: int
    length: int


@attrs.frozen
class Mprotect:
    """Pages get other rights."""

    name: ClassVar[str] = "mprotect"
    process: int
    address: int
    length: int
    rights: str


@attrs.frozen
class Mremap:
    """A range grows or shrinks, at another place if it must and may."""

    name: ClassVar[str] = "mremap"
    process: int
    address: int
    length: int
    new_length: int
    may_move: bool


@attrs.frozen
class Brk:
    """The end of the heap moves to `address`; gives where it is then. Address 0 only asks."""

    name: ClassVar[str] = "brk"
    process: int
    address: int


@attrs.frozen
class Madvise:
    """`dontneed`: the private contents of pages are given up at once; `free`: as soon as memory is wanted."""

    name: ClassVar[str] = "madvise"
    process: int
    address: int
    length: int
    advice: str


@attrs.frozen
class Mincore:
    """For each page of a range whether it is resident."""

    name: ClassVar[str] = "mincore"
    process: int
    address: int
    length: int


@attrs.frozen
class Faults:
    """How many page faults of a process were served so far; the access of a violation is none."""

    name: ClassVar[str] = "faults"
    process: int


@attrs.frozen
class Maps:
    """The regions: [address, end, rights, shared, file, offset] each, upward."""

    name: ClassVar[str] = "maps"
    process: int


BOTH_CALLS = (Create, Exit, Read, Write, Execute, File, Load, Store)
WINDOWS_CALLS = (
    Reserve, Commit, Decommit, Release, Protect, Query, Lock, Unlock, Section, MapView, UnmapView, Stack,
)  # fmt: skip
LINUX_CALLS = (Fork, Mmap, Munmap, Mprotect, Mremap, Brk, Madvise, Mincore, Faults, Maps)
SPACE_CALLS = (*BOTH_CALLS, *WINDOWS_CALLS, *LINUX_CALLS)
SpaceCall = (
    Create | Exit | Read | Write | Execute | File | Load | Store
    | Reserve | Commit | Decommit | Release | Protect | Query | Lock | Unlock | Section | MapView | UnmapView | Stack
    | Fork | Mmap | Munmap | Mprotect | Mremap | Brk | Madvise | Mincore | Faults | Maps
)  # fmt: skip
ACCESSES = (Read, Write, Execute)
