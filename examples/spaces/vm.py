"""Address spaces in the Windows dialect, in a program that speaks the line protocol: reserved, committed, guarded.

    pagelaw check "cmd:python examples/spaces/vm.py" --contract space

A region is what one `reserve` has set aside. Its dictionary has the rights of those pages that are committed, and what
was written is in a dictionary of the process: a page that is in neither costs nothing. Nothing else is kept, so that
every question is answered by looking there. What may be refused is refused before anything is changed.
"""

import json
import sys

CAPABILITIES = {"dialects": ["windows"], "processes": 4, "look": True, "executes": True, "base": True, "limit": True}
PAGE, GRANULE, LAST = 4096, 65536, 2**64 - 1
ALLOWING = ("r", "rw", "rx", "rwx")
RIGHTS = {"", *ALLOWING, *(rights + "g" for rights in ALLOWING)}


class RefusedError(Exception):
    """A call that is not done, with the reason in the words of the protocol."""


class Region:
    """Pages from `first` to before `end`, and the rights of those that are committed."""

    def __init__(self, first, end):
        self.first, self.end, self.rights = first, end, {}


class Process:
    """Its regions, by their first page, and the bytes of pages that were written."""

    def __init__(self):
        self.regions, self.written = {}, {}

    def region(self, page):
        """The region that a page is in, or None."""
        return next((one for one in self.regions.values() if one.first <= page < one.end), None)


class Machine:
    """Some processes, with one window each, and one charge for all."""

    def __init__(self, opening):
        if opening["dialect"] != "windows":
            raise RefusedError("illegal")
        first = opening.get("base", 1 << 30) // PAGE
        self.window, self.limit, self.charge = range(first, first + opening["pages"]), opening.get("limit", 0), 0
        self.processes = {}

    def process(self, call):
        """The process that a call is about."""
        if call["process"] not in self.processes:
            raise RefusedError("illegal")
        return self.processes[call["process"]]

    def create(self, call):
        """A new process, to which nothing is given."""
        if call["process"] in self.processes:
            raise RefusedError("illegal")
        self.processes[call["process"]] = Process()

    def exit(self, call):
        """A process ends, and gives back all that it has."""
        self.charge -= sum(len(region.rights) for region in self.process(call).regions.values())
        del self.processes[call["process"]]

    # -- accesses -------------------------------------------------------------------------------------------------

    def reach(self, call, letter):
        """The bytes of the page, if the access is allowed; a guard is told once, and is gone."""
        process, page = self.process(call), call["address"] // PAGE
        region = process.region(page)
        rights = region.rights.get(page, "") if region else ""
        if "g" in rights:
            region.rights[page] = rights.replace("g", "")
            raise RefusedError("guard")
        if letter not in rights:
            raise RefusedError("denied")
        return process.written.setdefault(page, bytearray(PAGE))

    def read(self, call):
        """A byte."""
        return self.reach(call, "r")[call["address"] % PAGE]

    def write(self, call):
        """A byte is written."""
        if not 0 <= call["value"] < 256:
            raise RefusedError("illegal")
        self.reach(call, "w")[call["address"] % PAGE] = call["value"]

    def execute(self, call):
        """An instruction is fetched."""
        self.reach(call, "x")

    # -- regions --------------------------------------------------------------------------------------------------

    def place(self, process, address, count):
        """The first page of a granule from which on so many pages are free, at an address or the lowest."""
        granules = [address // PAGE] if address else range(-(-self.window.start // 16) * 16, self.window.stop, 16)
        for first in granules:
            inside = self.window.start <= first and first + count <= self.window.stop
            if inside and all(one.end <= first or first + count <= one.first for one in process.regions.values()):
                return first
        raise RefusedError("out-of-addresses")

    def charged(self, count):
        """So many pages more are charged, or none of them."""
        if self.limit and count > 0 and self.charge + count > self.limit:
            raise RefusedError("out-of-memory")
        self.charge += count

    def given(self, call, committed=False):
        """The region that a range is in, and its pages; nothing but the base of a region means all of it."""
        process, address, size = self.process(call), call["address"], call["size"]
        region = process.region(address // PAGE)
        if region and size == 0 and address == region.first * PAGE:
            return region, range(region.first, region.end)
        pages = range(address // PAGE, -(-(address + size) // PAGE))
        if not region or size == 0 or pages.stop > region.end:
            raise RefusedError("no-mapping")
        if committed and any(page not in region.rights for page in pages):
            raise RefusedError("no-mapping")
        return region, pages

    def reserve(self, call):
        """A range is set aside, from the granule of an address on or anywhere; its base."""
        process, address = self.process(call), call["address"] // GRANULE * GRANULE
        count = -(-(call["size"] + call["address"] % GRANULE) // PAGE)
        if call["size"] == 0 or call["rights"] not in RIGHTS:
            raise RefusedError("illegal")
        first = self.place(process, address, count)
        self.charged(count if call["commit"] else 0)
        process.regions[first] = region = Region(first, first + count)
        if call["commit"]:
            region.rights = dict.fromkeys(range(first, first + count), call["rights"])
        return first * PAGE

    def commit(self, call):
        """The pages that a range touches are charged; those that were committed keep their contents."""
        if call["size"] == 0 or call["rights"] not in RIGHTS:
            raise RefusedError("illegal")
        region, pages = self.given(call)
        self.charged(sum(page not in region.rights for page in pages))
        region.rights |= dict.fromkeys(pages, call["rights"])

    def decommit(self, call):
        """The pages that a range touches are only reserved, and what was in them is gone."""
        region, pages = self.given(call)
        for page in pages:
            self.charge -= region.rights.pop(page, None) is not None
            self.process(call).written.pop(page, None)

    def release(self, call):
        """The region that begins at an address is free."""
        region, _ = self.given(call)
        if call["size"] or call["address"] != region.first * PAGE:
            raise RefusedError("illegal")
        self.decommit(call)
        del self.process(call).regions[region.first]

    def protect(self, call):
        """Committed pages have other rights; those that the first had before."""
        if call["rights"] not in RIGHTS:
            raise RefusedError("illegal")
        region, pages = self.given(call, committed=True)
        before = region.rights[pages[0]]
        region.rights |= dict.fromkeys(pages, call["rights"])
        return before

    def query(self, call):
        """[page, base of its region, bytes alike from there on, state, rights]."""
        process, page = self.process(call), call["address"] // PAGE
        if page not in self.window:
            raise RefusedError("illegal")
        region = process.region(page)
        if not region:
            end = min((one.first for one in process.regions.values() if one.first > page), default=self.window.stop)
            return [page * PAGE, 0, (end - page) * PAGE, "free", ""]
        rights, end = region.rights.get(page), page
        while end < region.end and region.rights.get(end) == rights:
            end += 1
        state = "reserved" if rights is None else "committed"
        return [page * PAGE, region.first * PAGE, (end - page) * PAGE, state, rights or ""]


def main():
    """Answer line by line."""
    machine = None
    for line in sys.stdin:
        call = json.loads(line)
        try:
            if call["call"] == "open":
                machine, value = Machine(call), CAPABILITIES
            elif call["call"] == "close":
                machine = value = None
            else:
                value = getattr(machine, call["call"])(call)
            answer = {"return": value}
        except RefusedError as refusal:
            answer = {"raise": str(refusal)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
