"""The regions of a process as a tree: virtual address descriptors, of which a free page has none.

Every reservation and every view has one descriptor. They are kept by their first page in a tree that balances itself:
the two sides of a node differ by one in height at most, so that a look-up among n regions takes about log n steps::

                 [40..47]
                /        \\
          [16..31]      [64..95]        page 66: 66 >= 40, go right; 64 <= 66 <= 95: found
          /                              page 50: 50 >= 40, 50 < 64: nothing there, so it is free
      [0..3]

The invariant: *descriptors do not overlap, and in order they go upward*, so that what lies between two neighbours is
free; a new region is put where the space between two neighbours is large enough.

Source: Windows Internals, virtual address descriptors; Adelson-Velsky and Landis, 1962, for the balance.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs


@attrs.define(eq=False)
class Vad:
    """One region.

    Attributes:
        first: its first page.
        count: how many pages it has.
        kind: what gave it: `memory`, `view` or `stack`.
        rights: by page the letters of what is committed; a page that is not in here is reserved.
        section: number of the section that a view is of.
        place: page of the section that the view begins with.
        private: whether its pages are charged; those of views only where they are copied on write.
    """

    first: int
    count: int
    kind: str
    rights: dict[int, str] = attrs.field(factory=dict)
    section: int | None = None
    place: int = 0
    private: bool = True

    @property
    def end(self) -> int:
        """The page after its last one."""
        return self.first + self.count

    @property
    def pages(self) -> range:
        """All its pages."""
        return range(self.first, self.end)


@attrs.define(eq=False)
class _Node:
    """A place in the tree, with what hangs below it."""

    vad: Vad
    left: _Node | None = None
    right: _Node | None = None
    height: int = 1


class VadTree:
    """The descriptors of one process."""

    def __init__(self) -> None:
        """No region at all: everything is free."""
        self._root: _Node | None = None

    def __iter__(self) -> Iterator[Vad]:
        """All descriptors, upward."""
        return _upward(self._root)

    @property
    def height(self) -> int:
        """How many steps a look-up takes at most."""
        return _height(self._root)

    def insert(self, vad: Vad) -> None:
        """One region more, on pages that are free."""
        self._root = _inserted(self._root, vad)

    def remove(self, vad: Vad) -> None:
        """One region less: its pages are free."""
        self._root = _removed(self._root, vad.first)

    def find(self, page: int) -> Vad | None:
        """The region that has a page; None where it is free."""
        path = self.path(page)
        return path[-1] if path and page in path[-1].pages else None

    def path(self, page: int) -> list[Vad]:
        """The descriptors that a look-up compares a page with, from the root down."""
        seen, node = [], self._root
        while node is not None:
            seen.append(node.vad)
            if page in node.vad.pages:
                break
            node = node.left if page < node.vad.first else node.right
        return seen

    def above(self, page: int, end: int) -> int:
        """Where the next region above a free page begins; `end` if there is none."""
        return min((vad.first for vad in self.path(page) if vad.first > page), default=end)

    def is_free(self, there: range) -> bool:
        """Whether no region has one of these pages."""
        return self.find(there.start) is None and self.above(there.start, there.stop) >= there.stop

    def gap(self, count: int, window: range, granule: int) -> int | None:
        """The lowest multiple of `granule` in the window from which on so many pages are free; None if there is none.

        It lies between two neighbours in the tree, or between one and an end of the window.
        """
        start = window.start
        for vad in self:
            first = -(-start // granule) * granule
            if vad.first - first >= count:
                return first
            start = vad.end
        first = -(-start // granule) * granule
        return first if window.stop - first >= count else None


# -- the balance --------------------------------------------------------------------------------------------------


def _height(node: _Node | None) -> int:
    return node.height if node is not None else 0


def _upward(node: _Node | None) -> Iterator[Vad]:
    if node is not None:
        yield from _upward(node.left)
        yield node.vad
        yield from _upward(node.right)


def _inserted(node: _Node | None, vad: Vad) -> _Node:
    if node is None:
        return _Node(vad)
    if vad.first < node.vad.first:
        node.left = _inserted(node.left, vad)
    else:
        node.right = _inserted(node.right, vad)
    return _balanced(node)


def _removed(node: _Node | None, first: int) -> _Node | None:
    assert node is not None, "only what is in the tree is removed"
    if first < node.vad.first:
        node.left = _removed(node.left, first)
    elif first > node.vad.first:
        node.right = _removed(node.right, first)
    elif node.left is None or node.right is None:
        return node.left or node.right
    else:
        # The lowest descriptor above takes its place.
        node.vad = next(_upward(node.right))
        node.right = _removed(node.right, node.vad.first)
    return _balanced(node)


def _balanced(node: _Node) -> _Node:
    """The same descriptors with both sides within one step of each other; they were within two."""
    lean = _height(node.left) - _height(node.right)
    if lean > 1:
        assert node.left is not None, "the higher side is there"
        if _height(node.left.left) < _height(node.left.right):
            node.left = _turned_left(node.left)
        return _turned_right(node)
    if lean < -1:
        assert node.right is not None, "the higher side is there"
        if _height(node.right.right) < _height(node.right.left):
            node.right = _turned_right(node.right)
        return _turned_left(node)
    return _measured(node)


def _turned_right(node: _Node) -> _Node:
    """The left child goes up, and the node down to its right."""
    top = node.left
    assert top is not None, "the higher side is there"
    node.left, top.right = top.right, node
    _measured(node)
    return _measured(top)


def _turned_left(node: _Node) -> _Node:
    """The right child goes up, and the node down to its left."""
    top = node.right
    assert top is not None, "the higher side is there"
    node.right, top.left = top.left, node
    _measured(node)
    return _measured(top)


def _measured(node: _Node) -> _Node:
    node.height = 1 + max(_height(node.left), _height(node.right))
    return node
