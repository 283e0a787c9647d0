"""The contract `heap`: which answers it allows, law by law, and what follows from them."""

from typing import Any

import pytest

from pagelaw.spec.contracts import ContractError, Failed, Refused, Returned, contract_named
from pagelaw.spec.contracts.heap import HeapContract, shown
from pagelaw.spec.contracts.heap_arena import (
    HEAP_CALLS,
    Aligned,
    Allocate,
    AllocateIn,
    Calloc,
    Create,
    Destroy,
    Free,
    FreeIn,
    HeapArena,
    HeapCapabilities,
    Read,
    Reallocate,
    Usable,
    Write,
)
from pagelaw.spec.contracts.heap_blocks import Live, Run

ALL: dict[str, Any] = dict.fromkeys(("memory", "calloc", "reallocate", "aligned", "usable"), True)
OUT, ILLEGAL = Refused("out-of-memory"), Refused("illegal")


def contract(size: int = 1024, **stated: Any) -> HeapContract:
    """The relation over a small arena, with everything offered that is not said otherwise."""
    return HeapContract(HeapArena(size), HeapCapabilities(**{**ALL, **stated}))


def after(relation: HeapContract, *history: tuple[Any, Any]) -> Any:
    """The state after calls with allowed answers."""
    state = relation.initial()
    for call, answer in history:
        assert relation.may_ask(state, call), shown(call)
        assert relation.breaches(state, call, answer) == []
        state = relation.after(relation.copy(state), call, answer)
    return state


def laws(relation: HeapContract, state: Any, call: Any, answer: Any) -> list[str]:
    """The laws that an answer breaks."""
    return [breach.law for breach in relation.breaches(state, call, answer)]


def test_it_is_registered() -> None:
    """By name, with its calls."""
    known = contract_named("heap")
    assert known.calls == HEAP_CALLS
    assert isinstance(known.relation(HeapArena(64), HeapCapabilities()), HeapContract)
    assert known.lacking(HeapArena(64), HeapCapabilities()) == ""


@pytest.mark.parametrize("wrong", [{"alignment": 3}, {"aligns": "never"}, {"heaps": "some"}, {"least": 0}])
def test_wrong_capabilities(wrong: dict[str, Any]) -> None:
    """Each is refused in one line."""
    with pytest.raises(ContractError, match=next(iter(wrong))):
        HeapCapabilities(**wrong)
    with pytest.raises(ContractError, match="size must be a number of bytes"):
        HeapArena(0)


def test_where_a_block_lies() -> None:
    """H1, H2, H7, H10, C1: alignment, neighbours on both sides, the end, no address at all."""
    relation = contract()
    state = after(relation, (Allocate(40), Returned(64)), (Allocate(0), Returned(16)), (Allocate(0), Returned(None)))
    for call, address, broken in (
        (Allocate(16), 0, []),
        (Allocate(17), 0, ["H2"]),
        (Allocate(16), 96, ["H2"]),
        (Allocate(16), 112, []),
        (Allocate(8), 120, ["H1"]),
        (Aligned(64, 8), 112, ["H1"]),
        (Aligned(64, 8), 128, []),
        (Allocate(16), 1008, []),
        (Allocate(17), 1008, ["H10"]),
        (Allocate(0), 16, ["H7"]),
        (Allocate(8), None, ["C1"]),
        (Allocate(8), True, ["C1"]),
        (Allocate(8), -16, ["C1"]),
        (Calloc(2**60, 32), 128, ["H4"]),
        (Allocate(2**64), 128, ["H10"]),
    ):
        assert laws(relation, state, call, Returned(address)) == broken, (call, address)


def test_small_blocks_may_be_aligned_by_size() -> None:
    """What fits into eight bytes needs no more than eight."""
    relation = contract(aligns="by-size")
    state = relation.initial()
    assert laws(relation, state, Allocate(15), Returned(8)) == []
    assert laws(relation, state, Allocate(16), Returned(8)) == ["H1"]


def test_addresses_anywhere() -> None:
    """Only the last address is a bound, and of a bounded heap the bytes that are live."""
    relation = contract(addresses="anywhere")
    state = after(relation, (Allocate(1000), Returned(1 << 40)))
    assert laws(relation, state, Allocate(24), Returned(1 << 41)) == []
    assert laws(relation, state, Allocate(32), Returned(1 << 41)) == ["H10"]
    assert laws(relation, state, Allocate(16), Returned(2**64 - 16)) == ["H10"]
    assert laws(relation, state, Reallocate(1 << 40, 1024), Returned(1 << 41)) == []


def test_bytes_are_kept() -> None:
    """H3 and H4: what was written last, what calloc cleared, what both sizes of a realloc have."""
    relation = contract()
    state = after(
        relation,
        (Calloc(4, 8), Returned(0)),
        (Write(8, "0a0b"), Returned(None)),
        (Write(9, "0c"), Returned(None)),
        (Read(7, 4), Returned("000a0c00")),
    )
    assert laws(relation, state, Read(7, 4), Returned("010a0c00")) == ["H4"]
    assert laws(relation, state, Read(7, 4), Returned("000a0b00")) == ["H3"]
    for strange in ("00", "zz0a0c00", 7, None):
        assert laws(relation, state, Read(7, 4), Returned(strange)) == ["C1"]
    state = after(
        relation,
        (Allocate(32), Returned(0)),
        (Write(0, "01" * 32), Returned(None)),
        (Reallocate(0, 8), Returned(64)),
        (Reallocate(64, 16), Returned(64)),
        (Read(64, 9), Returned("01" * 8 + "ff")),
    )
    assert laws(relation, state, Read(64, 8), Returned("01" * 7 + "00")) == ["H3"]
    assert laws(relation, state, Write(64, "00"), Returned(5)) == ["C1"]
    assert relation.after(state, Read(64, 1), OUT) is state
    assert not relation.may_ask(state, Read(64, 17))
    assert not relation.may_ask(state, Write(0, "00"))


def test_runs_of_bytes() -> None:
    """Covered runs are forgotten, and at last the oldest; clipping keeps what is left."""
    live = Live(200, 200)
    for at in range(100):
        live = live.written(at, b"\x01")
    assert len(live.runs) == 64
    assert live.written(0, bytes(200)).runs == (Run(0, 200, bytes(200)),)
    assert Live(200, 200).written(0, b"ab").known(8, 2) == (bytearray(2), bytearray(2))
    assert Run(4, 4, b"abcd").clipped(6) == Run(4, 2, b"ab")
    assert Run(4, 4).clipped(6) == Run(4, 2)
    assert Run(4, 4).clipped(4) is None


def test_memory_is_refused_for_want_of_it_only() -> None:
    """H5: an empty heap grants again what it has granted; unless freed memory is kept, or there is no bound."""
    history = [(Allocate(1000), Returned(0)), (Free(0), Returned(None))]
    relation = contract()
    state = after(relation, *history)
    assert laws(relation, state, Allocate(1000), OUT) == ["H5"]
    assert laws(relation, state, Allocate(999), OUT) == []
    assert laws(relation, state, Allocate(1000), ILLEGAL) == ["C1"]
    kept = contract(reclaims="kept")
    assert laws(kept, after(kept, *history), Allocate(1000), OUT) == []
    state = after(relation, *history, (Allocate(1), Returned(0)))
    assert laws(relation, state, Allocate(1000), OUT) == []
    endless = contract(bounded=False, addresses="anywhere")
    state = after(endless, (Allocate(1000), Returned(0)))
    assert laws(endless, state, Allocate(24), OUT) == ["H5"]
    assert laws(endless, state, Allocate(2**63), OUT) == []
    assert not endless.may_ask(state, Allocate(25))
    assert endless.may_ask(state, Allocate(2**63))
    assert not endless.may_ask(state, Allocate(2**64))


def test_no_bytes_are_no_mistake() -> None:
    """H7 where it is called one; out of memory is an answer."""
    relation = contract()
    assert laws(relation, relation.initial(), Allocate(0), ILLEGAL) == ["H7"]
    assert laws(relation, relation.initial(), Allocate(0), OUT) == []
    assert laws(relation, relation.initial(), Calloc(2**32, 2**32), ILLEGAL) == []
    assert laws(relation, relation.initial(), Calloc(2**32, 2**32), OUT) == []


def test_what_is_no_live_block() -> None:
    """H6: freed, inside, never given, a strange alignment; refused as illegal, and never asked where undefined."""
    relation, careless = contract(), contract(illegal_free="undefined")
    state = after(relation, (Allocate(40), Returned(0)), (Allocate(8), Returned(64)), (Free(64), Returned(None)))
    for call in (Free(64), Free(16), Free(2**64 - 1), Reallocate(64, 8), Aligned(24, 8)):
        assert relation.may_ask(state, call)
        assert not careless.may_ask(state, call)
        assert laws(relation, state, call, Returned(None)) == ["H6"]
        assert laws(relation, state, call, ILLEGAL) == []
    assert laws(relation, state, Free(16), OUT) == ["C1"]
    assert laws(relation, state, Reallocate(64, 8), OUT) == []
    assert laws(relation, state, Free(0), Returned(0)) == ["C1"]
    assert laws(relation, state, Free(0), ILLEGAL) == ["C1"]
    assert not relation.may_ask(state, Reallocate(0, 0))


def test_usable() -> None:
    """H8: no less than was asked for, and apart from all others, also later."""
    relation = contract()
    state = after(relation, (Allocate(20), Returned(0)), (Allocate(8), Returned(48)))
    assert laws(relation, state, Usable(0), Returned(19)) == ["H8"]
    assert laws(relation, state, Usable(0), Returned(64)) == ["H8"]
    assert laws(relation, state, Usable(0), Returned("20")) == ["C1"]
    assert not relation.may_ask(state, Usable(16))
    assert not contract(usable=False).may_ask(state, Usable(0))
    state = after(relation, (Allocate(20), Returned(0)), (Usable(0), Returned(40)), (Write(39, "01"), Returned(None)))
    assert laws(relation, state, Allocate(8), Returned(32)) == ["H8"]
    assert laws(relation, state, Allocate(8), Returned(48)) == []


def test_private_heaps() -> None:
    """H9: whose block it is, and what another heap has live, is nobody else's business."""
    relation = contract(heaps="private")
    state = after(
        relation,
        (Create(1, 64), Returned(None)),
        (Create(2, 64), Returned(None)),
        (AllocateIn(1, 48), Returned(0)),
        (Allocate(16), Returned(512)),
    )
    assert laws(relation, state, FreeIn(2, 0), Returned(None)) == ["H9"]
    assert laws(relation, state, Free(0), Returned(None)) == ["H9"]
    assert laws(relation, state, FreeIn(1, 512), Returned(None)) == ["H9"]
    assert laws(relation, state, FreeIn(9, 0), Returned(None)) == ["H6"]
    assert laws(relation, state, AllocateIn(2, 48), OUT) == ["H9"]
    assert laws(relation, state, AllocateIn(2, 32), OUT) == []
    assert laws(relation, state, Destroy(3), Returned(None)) == ["H6"]
    assert not relation.may_ask(state, Create(1, 64))
    assert not relation.may_ask(state, Create(3, 4096))
    assert not relation.may_ask(state, Usable(0))
    state = relation.after(relation.copy(state), Destroy(1), Returned(None))
    assert state.order == [512]
    assert laws(relation, state, Allocate(16), Returned(0)) == []
    alone = after(
        relation, (Create(1, 64), Returned(None)), (AllocateIn(1, 48), Returned(0)), (FreeIn(1, 0), Returned())
    )
    assert laws(relation, alone, AllocateIn(1, 48), OUT) == ["H5"]
    gone = relation.after(relation.copy(alone), Destroy(1), Returned(None))
    assert laws(relation, gone, Create(1, 64), OUT) == ["H5"]
    assert not contract().may_ask(relation.initial(), Create(1, 64))


def test_the_global_heap() -> None:
    """What one process frees may be another's, and what one has taken is lacking to all."""
    relation = contract(heaps="global")
    state = after(
        relation,
        (Create(1, 64), Returned(None)),
        (AllocateIn(1, 48), Returned(0)),
        (Create(2, 64), Returned(None)),
        (FreeIn(2, 0), Returned(None)),
        (AllocateIn(2, 48), Returned(0)),
    )
    assert laws(relation, state, AllocateIn(1, 48), OUT) == []
    assert laws(relation, state, Free(0), Returned(None)) == []


def test_failures() -> None:
    """A hang and an exception are C1, the end of the process C2; calls are shown with their addresses."""
    relation = contract()
    for how, law in (("hang", "C1"), ("crash", "C2"), ("memory", "C2"), ("raise", "C1")):
        assert laws(relation, relation.initial(), Write(16, "00" * 40), Failed(how, "so")) == [law]
    assert shown(Write(16, "00" * 40)) == f"write(0x10, {'00' * 10}0...)"
    assert laws(relation, relation.initial(), Allocate(8), Returned("x" * 99)) == ["C1"]
