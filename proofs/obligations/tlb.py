"""TLBs: every step keeps the laws L1 to L5, at any core, page, space and identifier, however many there are.

The laws are assumed where a step acts and where they are asked, and shown where they are asked. A guard that speaks of
all cores is assumed at the one core in question: that is all that is used of it.
"""

from __future__ import annotations

from ...spec.algebra import ONE, TRUE, ZERO, Truth, Word, implies, invert, load
from ...spec.tlb import (
    Tlbs,
    enter,
    evict,
    fill,
    forget,
    give,
    held_by,
    invalidate,
    leave,
    number_of,
    reclaim,
    release,
    restore,
    retire,
    sweep,
    waits,
)
from .obligation import Query, obligation
from .tlb_soundness import is_at_home, laws_kept, sound

_LAWS = ("L1", "L2", "L3", "L4", "L5")
_HERE = "the laws at the point"
_ALL_CORES = "every core has acknowledged"


@obligation(
    "tlb-start",
    *_LAWS,
    says="With nothing mapped, cached, running or named, every law holds.",
    without="nothing is cached",
)
def tlb_start(tlbs: Tlbs, core: Word, page: Word, space: Word, number: Word) -> Query:
    """Where every run begins."""
    own, holder = load(tlbs.identifier, space), load(tlbs.holder, number)
    premises = {
        "nothing is cached": held_by(tlbs, core, page) == ZERO,
        "nothing is mapped": load(tlbs.table, page) == ZERO,
        "nothing runs": load(tlbs.running, core) == ZERO,
        "nothing is named": (own == ZERO) & (holder == ZERO),
        "nothing is under way": (tlbs.changing == ZERO) & (tlbs.held == ZERO) & (tlbs.retiring == ZERO),
        "nobody waits": invert(waits(tlbs, core)),
    }
    return Query(premises, laws_kept(tlbs, tlbs, core, page, space, number))


@obligation("tlb-fill", *_LAWS, says="Filling a TLB from a valid entry keeps every law.", without=_HERE)
def tlb_fill(tlbs: Tlbs, actor: Word, target: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """Hardware may do so at any time; that its space runs is what makes it safe."""
    after, _ = fill(tlbs, actor, target)
    return Query(
        {_HERE: is_at_home(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number)
    )


@obligation("tlb-evict", *_LAWS, says="Forgetting a page keeps every law.", without=_HERE)
def tlb_evict(tlbs: Tlbs, actor: Word, target: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """An eviction, or a flush of one page."""
    after, _ = evict(tlbs, actor, target)
    return Query({_HERE: sound(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-enter", *_LAWS, says="Entering a free frame for a page without an entry keeps every law.", without=_HERE
)
def tlb_enter(tlbs: Tlbs, target: Word, frame: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """A free frame is in no TLB and a page without an entry neither, so nothing need be flushed."""
    after, _ = enter(tlbs, target, frame)
    return Query({_HERE: sound(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number))


@obligation("tlb-invalidate", *_LAWS, says="Making an entry invalid keeps every law.", without=_HERE)
def tlb_invalidate(tlbs: Tlbs, target: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """From here on every core owes a flush."""
    after, _ = invalidate(tlbs, target)
    return Query({_HERE: sound(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-release",
    *_LAWS,
    says="Freeing the frame when every core has acknowledged keeps every law.",
    without=_ALL_CORES,
)
def tlb_release(tlbs: Tlbs, acknowledged: Truth, core: Word, page: Word, space: Word, number: Word) -> Query:
    """No TLB names the frame any more."""
    premises = {
        _HERE: sound(tlbs, core, page, space, number),
        "the laws at the page that changes": sound(tlbs, core, number_of(tlbs.changing), space, number),
        _ALL_CORES: implies(acknowledged, invert(waits(tlbs, core))),
    }
    after, _ = release(tlbs, acknowledged)
    return Query(premises, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-restore",
    *_LAWS,
    says="Making the entry valid again when every core has acknowledged keeps every law.",
    without=_ALL_CORES,
)
def tlb_restore(tlbs: Tlbs, acknowledged: Truth, core: Word, page: Word, space: Word, number: Word) -> Query:
    """Valid, invalid, flushed, valid: a change of rights."""
    premises = {
        _HERE: sound(tlbs, core, page, space, number),
        _ALL_CORES: implies(acknowledged, invert(waits(tlbs, core))),
    }
    after, _ = restore(tlbs, acknowledged)
    return Query(premises, laws_kept(tlbs, after, core, page, space, number))


@obligation("tlb-leave", *_LAWS, says="Leaving a space keeps every law.", without=_HERE)
def tlb_leave(tlbs: Tlbs, actor: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """What the core remembers, it keeps."""
    after, _ = leave(tlbs, actor)
    return Query({_HERE: sound(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number))


@obligation("tlb-give", *_LAWS, says="Giving an identifier that nobody has keeps every law.", without=_HERE)
def tlb_give(tlbs: Tlbs, other: Word, index: Word, core: Word, page: Word, space: Word, number: Word) -> Query:
    """Space `other` gets identifier `index`."""
    after, _ = give(tlbs, other, index)
    return Query({_HERE: sound(tlbs, core, page, space, number)}, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-retire",
    *_LAWS,
    says="Beginning to take back the identifier of a space that runs nowhere keeps every law.",
    without="the space runs nowhere",
)
def tlb_retire(tlbs: Tlbs, other: Word, idle: Truth, core: Word, page: Word, space: Word, number: Word) -> Query:
    """From here on the space may not run."""
    premises = {
        _HERE: sound(tlbs, core, page, space, number),
        "the space runs nowhere": implies(idle, load(tlbs.running, core) != other + ONE),
    }
    after, _ = retire(tlbs, other, idle)
    return Query(premises, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-reclaim",
    *_LAWS,
    says="Taking an identifier back when every core has acknowledged keeps every law.",
    without=_ALL_CORES,
)
def tlb_reclaim(tlbs: Tlbs, acknowledged: Truth, core: Word, page: Word, space: Word, number: Word) -> Query:
    """Nothing of its space is cached any more."""
    premises = {
        _HERE: is_at_home(tlbs, core, page, space, number),
        "the laws at the space that retires": sound(tlbs, core, page, number_of(tlbs.retiring), number),
        _ALL_CORES: implies(acknowledged, invert(waits(tlbs, core))),
    }
    after, _ = reclaim(tlbs, acknowledged)
    return Query(premises, laws_kept(tlbs, after, core, page, space, number))


@obligation(
    "tlb-sweep",
    "L2",
    "L5",
    says="A round of a flush of a space forgets its page, and nothing that is not of the space or on another core.",
    without="swept so far",
)
def tlb_sweep(tlbs: Tlbs, actor: Word, target: Word, other: Word, core: Word, page: Word) -> Query:
    """The flush of a whole space, by induction over its rounds: pages below `target` are swept."""
    mine = (core == actor) & (load(tlbs.home, page) == other)
    after = sweep(TRUE, tlbs, actor, other, target)
    swept = implies(mine & (page < target + ONE), held_by(after, core, page) == ZERO)
    kept = implies(invert(mine) | (page > target), held_by(after, core, page) == held_by(tlbs, core, page))
    premises = {"swept so far": implies(mine & (page < target), held_by(tlbs, core, page) == ZERO)}
    return Query(premises, {"L2 L5": swept & kept})


@obligation(
    "tlb-forget",
    "L2",
    "L5",
    says="A round of a flush of everything forgets its page, and nothing on another core.",
    without="forgotten so far",
)
def tlb_forget(tlbs: Tlbs, actor: Word, target: Word, core: Word, page: Word) -> Query:
    """The flush of everything, by induction over its rounds."""
    after = forget(TRUE, tlbs, actor, target)
    gone = implies((core == actor) & (page < target + ONE), held_by(after, core, page) == ZERO)
    elsewhere = (core != actor) | (page > target)
    kept = implies(elsewhere, held_by(after, core, page) == held_by(tlbs, core, page))
    premises = {"forgotten so far": implies((core == actor) & (page < target), held_by(tlbs, core, page) == ZERO)}
    return Query(premises, {"L2 L5": gone & kept})
