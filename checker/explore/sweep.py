"""The inner loops of the search: states in batches, which are looked up a whole batch at a time.

A state is one word. A batch of states is expanded, what tells whether a successor is known is fetched for all of them,
and only then are they looked up: the waits for memory overlap instead of adding up. A state is known by one of two
means, and by its key alone it is decided which::

    number_of(key) < NUMBERS      its bit is set in a bitmap      no two keys may have the same number
    any other                     it is in a hash table           by its whole key

A system numbers what its states are as long as the rules are right; `number_of` here numbers none, and the compiler
drops all that is about numbers. The number only tells where a state's bit is: what is not numbered is hashed, so no
state is lost and none is counted twice, whatever is numbered. In the table NOTHING marks an empty place, and the one
hashed state that has this very key is kept apart (`MARKER_SEEN`).

With two owners, a state belongs to the one that the first bit of its hash names. A worker keeps what it owns and
puts the rest into its outbox, from which the other takes it when both have stopped. The bits of the other's numbers
tell what was sent already, so that a numbered state is sent once::

    keys     | start | level 1 ...      | level 2 ...                |      parents[i]: whose successor keys[i] is
                                ^ NEXT           ^ until             ^ STATES

A kernel module: written against the algebra's primitives, bound by `engine`, never run as it stands. `expand`, `check`
and `number_of` stand for those of the system that is explored.
"""

from __future__ import annotations

from typing import Any

from ...model.fast.backend import lowest_bit, view
from ...spec.algebra import ONE, ZERO, Truth, Word, invert, load, store_if

#: States of one batch.
BATCH = 64
#: Multiplier of the hash: 2**64 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
MIX = 0x9E37_79B9_7F4A_7C15
#: Marks an empty place in the table.
NOTHING = 0xFFFF_FFFF_FFFF_FFFF
#: A word of the bitmap: how far a number is shifted down to be its index, and which part of a number is the bit's.
WORD_SHIFT = 6
SIXTY_THREE = 63

# The worker's own words.
STATES = 0
NEXT = 1
TRANSITIONS = 2
MARKER_SEEN = 3
SENT = 4
#: 1 where there are two owners.
SPLIT = 5
#: Which of the owners this worker is.
SELF = 6
#: How far a slot is shifted down to be an index into the table.
SHIFT = 7
#: The table's size minus one.
LAST_PLACE = 8
#: States for which there is room.
CAPACITY = 9
#: Entries for which the outbox has room.
OUTBOX = 10
#: Entries for which the batch has room.
ROOM = 11
#: The most successors that a state can have.
MOST = 12
#: States in the table, and for how many there it has room.
HASHED = 13
HASHED_CAPACITY = 14
#: Numbers that there are: as many bits has the bitmap.
NUMBERS = 15
FIELDS = 16


def put(buffer: Any, index: Word, key: Word, label: Word) -> Word:
    """Write a successor and give the next index; what it is called is found out again when it is asked for."""
    store_if(True, buffer, index, key)
    return index + ONE


def expand(key: Word, setting: Any, buffer: Any, count: Word) -> Word:
    """The system at rest: no state has a successor."""
    return count


def check(key: Word, setting: Any) -> Word:
    """The system without laws: nothing is ever broken."""
    return ZERO


def number_of(key: Word, lists: Any) -> Word:
    """The system that numbers no state."""
    return NOTHING


def is_numbered(number: Word, fields: Any) -> Truth:
    """Whether there is a bit for this number."""
    return number < load(fields, NUMBERS)


def is_marked(number: Word, bitmap: Any) -> Word:
    """1 where the bit of a number is set, else 0."""
    return (load(bitmap, number >> WORD_SHIFT) >> (number & SIXTY_THREE)) & ONE


def mark(number: Word, bitmap: Any) -> None:
    """Set the bit of a number."""
    place = number >> WORD_SHIFT
    store_if(True, bitmap, place, load(bitmap, place) | (ONE << (number & SIXTY_THREE)))


def place_of(key: Word, fields: Any) -> Word:
    """Where the search for a state in its owner's table begins."""
    return ((key * MIX) << load(fields, SPLIT)) >> load(fields, SHIFT)


def append(key: Word, parent: Word, keys: Any, parents: Any, fields: Any) -> None:
    """A new state."""
    states = load(fields, STATES)
    store_if(True, keys, states, key)
    store_if(True, parents, states, parent)
    store_if(True, fields, STATES, states + ONE)


def keep(key: Word, parent: Word, place: Word, table: Any, keys: Any, parents: Any, fields: Any) -> None:
    """Look a state up from `place` on, and keep it if it is new."""
    last = load(fields, LAST_PLACE)
    while True:
        found = load(table, place)
        if found == key:
            break
        if found == NOTHING:
            store_if(True, table, place, key)
            store_if(True, fields, HASHED, load(fields, HASHED) + ONE)
            append(key, parent, keys, parents, fields)
            break
        place = (place + ONE) & last


def keep_marker(parent: Word, keys: Any, parents: Any, fields: Any) -> None:
    """The state whose key is NOTHING, which no table can tell from an empty place."""
    if load(fields, MARKER_SEEN) == ZERO:
        store_if(True, fields, MARKER_SEEN, ONE)
        append(NOTHING, parent, keys, parents, fields)


def send(key: Word, parent: Word, outbox: Any, senders: Any, fields: Any) -> None:
    """Leave a state to the other worker."""
    sent = load(fields, SENT)
    store_if(True, outbox, sent, key)
    store_if(True, senders, sent, parent)
    store_if(True, fields, SENT, sent + ONE)


def receive(
    outbox: Any, senders: Any, first: Word, stop: Word, known: Any, keys: Any, parents: Any, fields: Any
) -> None:
    """Keep what the other worker found of this one's states: entries `first` up to `stop` of its outbox.

    `known` is (table, bitmap, lists of `number_of`).
    """
    outbox, senders = view(outbox), view(senders)
    table, bitmap, lists = view(known[0]), view(known[1]), view(known[2])
    keys, parents, fields = view(keys), view(parents), view(fields)
    for index in range(first, stop):
        key = load(outbox, index)
        number = number_of(key, lists)
        if is_numbered(number, fields):
            if is_marked(number, bitmap) == ZERO:
                mark(number, bitmap)
                append(key, load(senders, index), keys, parents, fields)
        elif key == NOTHING:
            keep_marker(load(senders, index), keys, parents, fields)
        else:
            keep(key, load(senders, index), place_of(key, fields), table, keys, parents, fields)


def refill(known: Any, keys: Any, fields: Any) -> None:
    """Enter all states that are hashed into a table that is empty."""
    table, lists, keys, fields = view(known[0]), view(known[2]), view(keys), view(fields)
    last = load(fields, LAST_PLACE)
    for index in range(load(fields, STATES)):
        key = load(keys, index)
        if (key != NOTHING) & invert(is_numbered(number_of(key, lists), fields)):
            place = place_of(key, fields)
            while load(table, place) != NOTHING:
                place = (place + ONE) & last
            store_if(True, table, place, key)


def inspect(first: Word, stop: Word, setting: Any, keys: Any, found: Any) -> None:
    """Check states `first` up to `stop`; `found` keeps for each law one more than the first state that breaks it."""
    keys, found = view(keys), view(found)
    for index in range(first, stop):
        broken = check(load(keys, index), setting)
        while broken != ZERO:
            law = lowest_bit(broken)
            broken = broken & (broken - ONE)
            store_if(load(found, law) == ZERO, found, law, index + ONE)


def has_room(fields: Any) -> Truth:
    """Whether all that one batch may find fits in, wherever it goes."""
    room = load(fields, ROOM)
    is_free = load(fields, STATES) + room <= load(fields, CAPACITY)
    is_free = is_free & (load(fields, HASHED) + room <= load(fields, HASHED_CAPACITY))
    return is_free & (load(fields, SENT) + room <= load(fields, OUTBOX))


def advance(until: Word, setting: Any, known: Any, keys: Any, parents: Any, batch: Any, post: Any, fields: Any) -> None:
    """Expand states up to `until`, or until there might be no room for what comes.

    `known` is (table, bitmap, lists of `number_of`), `batch` is (keys, origins, places, contents), and `post` is
    (keys, origins) for the other worker.
    """
    table, bitmap, lists = view(known[0]), view(known[1]), view(known[2])
    keys, parents, fields = view(keys), view(parents), view(fields)
    successors, origins, places, contents = view(batch[0]), view(batch[1]), view(batch[2]), view(batch[3])
    outbox, senders = view(post[0]), view(post[1])
    split, own, shift, numbers = load(fields, SPLIT), load(fields, SELF), load(fields, SHIFT), load(fields, NUMBERS)
    fill = load(fields, ROOM) - load(fields, MOST)
    here, transitions = load(fields, NEXT), load(fields, TRANSITIONS)
    while (here < until) & has_room(fields):
        count = ZERO
        stop = here + BATCH
        while (here < until) & (here < stop) & (count <= fill):
            after = expand(load(keys, here), setting, successors, count)
            while count < after:
                store_if(True, origins, count, (here << split) | own)
                count = count + ONE
            here = here + ONE
        transitions = transitions + count
        # First what is there for every successor: these loads do not wait for one another.
        kept, sent = ZERO, load(fields, SENT)
        for index in range(count):
            key, origin = load(successors, index), load(origins, index)
            number = number_of(key, lists)
            mixed = key * MIX
            if number < numbers:
                store_if(True, successors, kept, key)
                store_if(True, origins, kept, origin)
                kept = kept + (ONE ^ is_marked(number, bitmap))
            elif ((mixed >> SIXTY_THREE) & split) != own:
                store_if(True, outbox, sent, key)
                store_if(True, senders, sent, origin)
                sent = sent + ONE
            elif key == NOTHING:
                keep_marker(origin, keys, parents, fields)
            else:
                place = (mixed << split) >> shift
                store_if(True, successors, kept, key)
                store_if(True, origins, kept, origin)
                store_if(True, places, kept, place)
                store_if(True, contents, kept, load(table, place))
                kept = kept + ONE
        store_if(True, fields, SENT, sent)
        for index in range(kept):
            key, origin = load(successors, index), load(origins, index)
            number = number_of(key, lists)
            if number < numbers:
                if is_marked(number, bitmap) == ZERO:
                    mark(number, bitmap)
                    if ((key * MIX) >> SIXTY_THREE) & split == own:
                        append(key, origin, keys, parents, fields)
                    else:
                        send(key, origin, outbox, senders, fields)
            elif load(contents, index) != key:
                keep(key, origin, load(places, index), table, keys, parents, fields)
    store_if(True, fields, NEXT, here)
    store_if(True, fields, TRANSITIONS, transitions)
