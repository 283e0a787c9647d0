"""Page tables of RISC-V's Sv39 in a program that speaks the line protocol: base pages, tables kept until a space goes.

    pagelaw check "cmd:python examples/pagetables/sv39_tables.py" --contract translation

Table memory is a dictionary from the number of an entry to its value; what is not in it is zero. A range that is
illegal, or needs more tables than there are free frames, is refused before anything is written.
"""

import json
import sys

CAPABILITIES = {"geometries": ["sv39"], "reclaims": "kept", "look": True, "free": True}
ENTRIES, SHIFTS = 512, (30, 21, 12)
VALID, BITS = 1, {"r": 2, "w": 4, "x": 8, "u": 16}
RIGHTS = {"r", "rw", "rx", "rwx", "ru", "rwu", "rxu", "rwxu"}


class RefusedError(Exception):
    """A call that is not done, with the reason in the words of the protocol."""


def is_canonical(address):
    """Whether bits 63 to 38 are all the same."""
    return address >> 38 in (0, (1 << 26) - 1)


class Tables:
    """Some spaces' tables in frames 0 to frames - 1."""

    def __init__(self, frames):
        self.frames, self.free, self.words, self.spaces = frames, set(range(frames)), {}, {}
        self.owned = {}

    def take(self, space):
        """A free frame becomes a table of a space."""
        frame = min(self.free)
        self.free.remove(frame)
        self.owned[space].append(frame)
        return frame

    def path(self, space, address, make=False):
        """The number of the leaf's entry, or None where a table is missing; with `make` it is made."""
        table = self.spaces[space]
        for shift in SHIFTS[:-1]:
            at = table * ENTRIES + (address >> shift) % ENTRIES
            if at not in self.words:
                if not make:
                    return None
                self.words[at] = self.take(space) << 10 | VALID
            table = self.words[at] >> 10
        return table * ENTRIES + (address >> SHIFTS[-1]) % ENTRIES

    def missing(self, space, pages):
        """How many tables the pages need that there are not."""
        needed = {(shift, page >> shift) for page in pages for shift in SHIFTS[:-1]}
        root, count = self.spaces[space], 0
        for shift, part in needed:
            first = root * ENTRIES + ((part << shift) >> SHIFTS[0]) % ENTRIES
            there = first in self.words
            if there and shift == SHIFTS[1]:
                there = (self.words[first] >> 10) * ENTRIES + part % ENTRIES in self.words
            count += not there
        return count

    def range(self, call):
        """The addresses of the pages of a range; illegal where it is none."""
        address, pages = call["address"], call["pages"]
        last = address + (pages << 12) - 1
        legal = call["space"] in self.spaces and call["level"] == 0 and address % 4096 == 0 <= pages
        if pages and not (is_canonical(address) and is_canonical(last) and address >> 38 == last >> 38):
            legal = False
        if not legal:
            raise RefusedError("illegal")
        return range(address, last + 1, 4096)

    def leaves(self, call):
        """The numbers of the entries that map a range; all must."""
        found = []
        for page in self.range(call):
            at = self.path(call["space"], page)
            if at not in self.words:
                raise RefusedError("no-mapping")
            found.append(at)
        return found

    def create(self, call):
        """A new space."""
        if call["space"] in self.spaces:
            raise RefusedError("illegal")
        if not self.free:
            raise RefusedError("out-of-memory")
        self.owned[call["space"]] = []
        self.spaces[call["space"]] = self.take(call["space"])

    def drop(self, call):
        """A space goes with its tables, which are cleared."""
        if call["space"] not in self.spaces:
            raise RefusedError("illegal")
        gone = set(self.owned.pop(call["space"]))
        del self.spaces[call["space"]]
        self.words = {at: word for at, word in self.words.items() if at // ENTRIES not in gone}
        self.free |= gone

    def map(self, call):
        """Pages to frames; what is mapped already is an error."""
        pages, frame = self.range(call), call["frame"]
        if call["rights"] not in RIGHTS:
            raise RefusedError("illegal")
        if pages and not self.frames <= frame <= (1 << 44) - len(pages):
            raise RefusedError("illegal")
        if len(pages) > len(self.free) * ENTRIES + len(self.words) * ENTRIES:
            raise RefusedError("out-of-memory")
        if self.missing(call["space"], pages) > len(self.free):
            raise RefusedError("out-of-memory")
        if any(self.path(call["space"], page) in self.words for page in pages):
            raise RefusedError("illegal")
        bits = VALID | sum(BITS[right] for right in call["rights"])
        for number, page in enumerate(pages):
            self.words[self.path(call["space"], page, make=True)] = (frame + number) << 10 | bits

    def unmap(self, call):
        """Pages are mapped no more."""
        for at in self.leaves(call):
            del self.words[at]

    def protect(self, call):
        """Pages get other rights."""
        if call["rights"] not in RIGHTS:
            raise RefusedError("illegal")
        for at in self.leaves(call):
            self.words[at] = self.words[at] >> 10 << 10 | VALID | sum(BITS[right] for right in call["rights"])

    def translate(self, call):
        """The physical address of an access; the supervisor neither uses nor runs pages of the user."""
        access, address = call["access"], call["address"]
        if call["space"] not in self.spaces or access not in ("r", "w", "x", "ru", "wu", "xu"):
            raise RefusedError("illegal")
        at = self.path(call["space"], address) if is_canonical(address) else None
        if at not in self.words:
            raise RefusedError("no-mapping")
        entry = self.words[at]
        if not entry & BITS[access[0]] or bool(entry & BITS["u"]) != access.endswith("u"):
            raise RefusedError("denied")
        return entry >> 10 << 12 | address % 4096

    def switch(self, call):
        """The only core runs a space."""
        if call["space"] not in self.spaces:
            raise RefusedError("illegal")

    def look(self, _call):
        """Roots, entries that are not zero, free frames."""
        roots = [[space, frame << 12] for space, frame in self.spaces.items()]
        return {"roots": roots, "entries": [*map(list, self.words.items())], "free": sorted(self.free)}


def main():
    """Answer line by line."""
    tables = None
    for line in sys.stdin:
        call = json.loads(line)
        try:
            if call["call"] == "open":
                tables, value = Tables(call["frames"]), CAPABILITIES
            elif call["call"] == "close":
                tables = value = None
            else:
                value = getattr(tables, call["call"])(call)
            answer = {"return": value}
        except RefusedError as refusal:
            answer = {"raise": str(refusal)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
