"""What TLBs may still hold, and the events that make them forget, as the contract `translation` follows them.

A TLB may keep any translation of a space that runs, or has run, on its core. So the contract takes the worst for
granted: each core holds everything that it may. A call that takes a translation away leaves it *stale* on those
cores, until an event flushes it there::

    unmap(space 1, 0x4000)        stale: core 0 and core 1, page 0x4000, frame 99
    flush-page 0, 1, 0x4000       core 0 has forgotten it
    flush-page 1, 1, 0x4000       core 1 too: nothing is stale
    release 99                    from here on the frame may be somebody else's

The events of one call are read after it. Before a frame is released, before the tables' lock is dropped, before an
entry is set again, and at the end, nothing that matters to it may be stale.

Source: Black and others, Translation lookaside buffer consistency, 1989; CVE-2018-18281; Linux 60bae7370896; seL4 #107.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .calls import Answer, Returned
from .frames import Breach
from .paging_arena import Switch
from .spaces import Mapping, Spaces, Terms, is_mapped

#: How many numbers follow the name of an event.
EVENTS = {
    "flush-page": 3,
    "flush-space": 2,
    "flush-all": 1,
    "release": 1,
    "unlock": 0,
    "clear": 2,
    "set": 2,
}
Stale = tuple[int, int, int, int, int]


def owe(state: Spaces, space: int, first: int, leaf: Mapping) -> None:
    """A translation is taken away: every core that may hold it has to forget it."""
    for core, spaces in sorted(state.reach.items()):
        if space in spaces:
            state.stale.append((core, space, first, leaf.level, leaf.frame))


def retire(state: Spaces, space: int) -> None:
    """A space goes: nobody runs it, but its identifier may still tag entries, and stays used until they are flushed."""
    number = state.identifiers.pop(space, None)
    for core, spaces in state.reach.items():
        if space in spaces and number is not None:
            state.used[core, number] = space
        spaces.discard(space)


def switched(terms: Terms, state: Spaces, call: Switch) -> None:
    """A core runs another space; without identifiers its TLB has forgotten all others."""
    state.running[call.core] = call.space
    if terms.capabilities.identifiers:
        state.reach.setdefault(call.core, set()).add(call.space)
    else:
        state.reach[call.core] = {call.space}


def settle(state: Spaces, answer: Answer) -> None:
    """The events of a call were right: nothing is stale any more, and what was flushed whole is forgotten."""
    state.stale.clear()
    state.sighted.clear()
    for name, *numbers in answer.value if isinstance(answer, Returned) else ():
        if name in ("flush-space", "flush-all"):
            _forget(state, numbers[0], numbers[1] if name == "flush-space" else None)


def _forget(state: Spaces, core: int, space: int | None) -> None:
    """A core has forgotten a space, or all of them; what it runs it may learn again at once."""
    for key in [key for key, gone in state.used.items() if key[0] == core and space in (gone, None)]:
        del state.used[key]
    runs = {state.running[core]} if core in state.running else set()
    known = state.reach.get(core, set())
    state.reach[core] = known & runs if space is None else (known - {space}) | (known & runs)


def event_breaches(terms: Terms, state: Spaces, answer: Answer) -> Iterator[Breach]:
    """The law that the events since the last reading break."""
    events = answer.value if isinstance(answer, Returned) else None
    if not isinstance(events, list | tuple) or not all(_is_event(terms, event) for event in events):
        forms = ", ".join(f"{name} with {count} numbers" for name, count in EVENTS.items())
        yield Breach("C1", f"events must be a list of lists: {forms}; it gave {str(answer)[:80]}")
        return
    left = list(state.stale)
    for name, *numbers in events:
        if name.startswith("flush"):
            left = [entry for entry in left if not _forgets(terms, name, numbers, entry)]
            continue
        late = _in_use(terms, state, name, numbers) or _too_late(terms, state, name, numbers, left)
        if late is not None:
            yield late
            return
    if left:
        yield Breach("L2", f"{_named(left[0])} when the call was over: it was never flushed there")


def _is_event(terms: Terms, event: Any) -> bool:
    if not isinstance(event, list | tuple) or not event or event[0] not in EVENTS:
        return False
    whole = all(isinstance(number, int) and not isinstance(number, bool) for number in event[1:])
    return whole and len(event) == EVENTS[event[0]] + 1


def _forgets(terms: Terms, name: str, numbers: list[int], entry: Stale) -> bool:
    """Whether a flush makes the TLB forget a stale entry."""
    core, space, first, level, _ = entry
    if numbers[0] != core:
        return False
    if name == "flush-page":
        return numbers[1] == space and first <= numbers[2] < first + terms.rules.span(level)
    return name == "flush-all" or numbers[1] == space


def _in_use(terms: Terms, state: Spaces, name: str, numbers: list[int]) -> Breach | None:
    """The breach where a data frame is released that somebody still maps: it is shared, or was mapped twice."""
    if name != "release" or numbers[0] < terms.arena.frames or not is_mapped(state, terms.rules, numbers[0], 0):
        return None
    return Breach("F8", f"frame {numbers[0]} was released, but it is still mapped")


def _too_late(terms: Terms, state: Spaces, name: str, numbers: list[int], left: list[Stale]) -> Breach | None:
    """The breach where an event must not come as long as something that matters to it is stale."""
    tests: dict[str, tuple[str, Callable[[Stale], bool], str]] = {
        "release": ("L3", lambda entry: _uses(terms, state, numbers[0], entry), "frame {} was released"),
        "unlock": ("L1", lambda entry: True, "the lock was dropped"),
        "set": ("L4", lambda entry: _covers(terms, numbers, entry), "the entry was set again"),
    }
    if name not in tests:
        return None
    law, matters, what = tests[name]
    for entry in left:
        if matters(entry):
            return Breach(law, f"{_named(entry)} when {what.format(*numbers)}")
    return None


def _uses(terms: Terms, state: Spaces, frame: int, entry: Stale) -> bool:
    """Whether a stale entry leads to the frame: to its data, or through the table that it was."""
    _, space, address, level, first = entry
    if frame >= terms.arena.frames:
        return first <= frame < first + terms.rules.size(level)
    whose, at, base = state.sighted.get(frame, (None, 0, 0))
    widths = terms.rules.geometry.index_bits[::-1]
    return whose == space and base <= address < base + (terms.rules.span(at) << widths[at])


def _covers(terms: Terms, numbers: list[int], entry: Stale) -> bool:
    _, space, first, level, _ = entry
    return numbers[0] == space and first <= numbers[1] < first + terms.rules.span(level)


def _named(entry: Stale) -> str:
    core, space, first, _, frame = entry
    return f"the TLB of core {core} could still translate {first:#x} of space {space} to frame {frame}"
