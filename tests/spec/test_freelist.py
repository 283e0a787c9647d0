"""Free lists, against Python lists."""

from hypothesis import given
from hypothesis import strategies as st

from pagelaw.spec.freelist import is_empty, link_front, next_of, previous_of, sentinel_of, unlink

ROOM = 8


def empty() -> list[int]:
    """Two lists, without nodes."""
    return [node // 2 for node in range(2 * (ROOM + 2))]


def forward(link: list[int], order: int) -> list[int]:
    """The nodes of a list from its front."""
    nodes, node = [], next_of(link, sentinel_of(ROOM, order))
    while node != sentinel_of(ROOM, order):
        nodes.append(node)
        node = next_of(link, node)
    return nodes


def backward(link: list[int], order: int) -> list[int]:
    """The nodes of a list from its back."""
    nodes, node = [], previous_of(link, sentinel_of(ROOM, order))
    while node != sentinel_of(ROOM, order):
        nodes.append(node)
        node = previous_of(link, node)
    return nodes


@given(st.lists(st.tuples(st.integers(0, ROOM - 1), st.integers(0, 1), st.booleans())))
def test_lists_do_what_python_lists_do(moves: list[tuple[int, int, bool]]) -> None:
    """Nodes that come and go leave both directions of both lists as Python's `insert(0)` and `remove` do."""
    link, lists = empty(), ([], [])
    for node, order, going in moves:
        holder = next((known for known in lists if node in known), None)
        if holder is None:
            link = link_front(going, link, sentinel_of(ROOM, order), node)
            if going:
                lists[order].insert(0, node)
        else:
            link = unlink(going, link, node)
            if going:
                holder.remove(node)
        for number in range(2):
            assert forward(link, number) == lists[number]
            assert backward(link, number) == lists[number][::-1]
            assert is_empty(link, ROOM, number) == (not lists[number])
