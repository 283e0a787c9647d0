"""Where the region of an address is, does not depend on how it is looked for: in a list, or in a balanced tree.

A walk along a list passes half of the regions, a search in a tree one of each level. So Linux 2.2 walked while there
were few, and beyond 32 regions had a tree besides (AVL_MIN_MAP_COUNT). Here every page is looked up in both, the list
of the specification and the tree of the model, and the steps are counted: links followed, regions compared::

    $ python examples/experiments/lists_and_trees.py
     regions    list    tree    used
           1     1.0     1.0     1.0      3 found,   1 free: the same answers
           4     3.2     2.1     3.2     12 found,   4 free: the same answers
          16     9.4     3.6     9.4     48 found,  16 free: the same answers
          32    17.5     4.4    17.5     96 found,  32 free: the same answers
          33    18.0     4.5     4.5     99 found,  33 free: the same answers
          64    33.5     5.4     5.4    192 found,  64 free: the same answers
         256   129.5     7.3     7.3    768 found, 256 free: the same answers
"""

from pagelaw.model.sparse import Sparse
from pagelaw.model.vad import Vad, VadTree
from pagelaw.spec import access, regions

#: The most regions for which a list is all there is.
FEW = 32
#: Pages of each region, and pages from one region to the next.
LENGTH, PITCH = 3, 4
MOST = 256


class Watched(Sparse):
    """An array that remembers what of it was looked at."""

    seen: set[int]

    def __getitem__(self, index: int) -> int:
        """The element, which is noted."""
        self.seen.add(index)
        return self.get(index, 0)


class Book:
    """The regions of a process: a list, and beside it a tree as soon as there are more than a few."""

    def __init__(self, pages: int) -> None:
        self.next, self.tree = Watched(), VadTree()
        self.next.seen = set()
        self.list = regions.cleared(regions.Regions(Sparse(), Sparse(), Sparse(), self.next, Sparse(), 0, pages))

    def add(self, first: int) -> None:
        """One region more, above all others."""
        below = regions.previous_of(self.list, self.list.pages)
        self.list, _ = regions.insert(self.list, below, first, LENGTH, access.READ, 0)
        self.tree.insert(Vad(first, LENGTH, "memory"))

    def by_list(self, page: int) -> tuple[int | None, int]:
        """The region of a page, and how many links are followed to it from the list's start."""
        self.next.seen.clear()
        first, found = regions.find(self.list, page)
        return (first if found else None), len(self.next.seen)

    def by_tree(self, page: int) -> tuple[int | None, int]:
        """The region of a page, and with how many the page is compared."""
        found = self.tree.find(page)
        return (found.first if found else None), len(self.tree.path(page))

    def find(self, page: int) -> tuple[int | None, int]:
        """The region of a page, in whichever is used for so many regions."""
        return self.by_list(page) if self.list.count <= FEW else self.by_tree(page)


def row(book: Book, pages: range) -> str:
    """All pages looked up in three ways: the average steps of each, and whether all say the same."""
    ways = [[way(page) for page in pages] for way in (book.by_list, book.by_tree, book.find)]
    answers = [[region for region, _ in way] for way in ways]
    steps = [sum(count for _, count in way) / len(pages) for way in ways]
    same = "the same answers" if answers[0] == answers[1] == answers[2] else "DIFFERENT ANSWERS"
    free = answers[0].count(None)
    return "".join(f"{number:>8.1f}" for number in steps) + f"   {len(pages) - free:>4} found, {free:>3} free: {same}"


def main() -> None:
    """More and more regions."""
    print(" regions    list    tree    used")
    book, count = Book(MOST * PITCH), 0
    for wanted in (1, 4, 16, FEW, FEW + 1, 64, MOST):
        while count < wanted:
            book.add(count * PITCH)
            count += 1
        print(f"{count:>8}{row(book, range(count * PITCH))}")


if __name__ == "__main__":
    main()
