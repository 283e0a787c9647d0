"""The line protocol, spoken by a program of your own in any language: here in Python, without pagelaw.

    pagelaw check "cmd:python examples/line_protocol.py"

Each line of standard input is a call, and each is answered by one line on standard output, in order. Several calls may
arrive before the first is answered, and every answer is flushed: what a crash leaves in a buffer is lost.
"""

import json
import sys

from buddy_allocator import BuddyAllocator

CAPABILITIES = {"start": True, "reserved": True, "probe": True, "policies": list(BuddyAllocator.policies)}


def opened(call):
    """An allocator over the arena; `start` and `reserved` only come where they are not 0 and empty."""
    return BuddyAllocator(
        call["frames"], call["max_order"], start=call.get("start", 0), reserved=call.get("reserved", ())
    )


def answer(allocator, call):
    """What one call on an open allocator comes to."""
    try:
        if call["call"] == "allocate":
            return {"return": allocator.allocate(call["order"])}
        if call["call"] == "free":
            return {"return": allocator.free(call["frame"], call["order"])}
        return {"return": allocator.free_blocks()}
    except MemoryError:
        return {"raise": "out-of-memory"}
    except ValueError:
        return {"raise": "illegal"}


allocator = None
for line in sys.stdin:
    call = json.loads(line)
    if call["call"] == "open":
        allocator = opened(call)
        result = {"return": CAPABILITIES}
    elif call["call"] == "close":
        allocator, result = None, {"return": None}
    else:
        result = answer(allocator, call)
    print(json.dumps(result), flush=True)
