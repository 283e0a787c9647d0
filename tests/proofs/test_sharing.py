"""The proofs about sharing: every step, every law, any number of pages and frames; wrong rules refuted.

The wrong rules are written as if they stood in `spec.sharing`, with its names.
"""
# mypy: disable-error-code="name-defined"
# ruff: noqa: F821

import types
from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict
from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.obligations.sharing_soundness import Extent, Ranking, Spot, place_of
from pagelaw.proofs.theory import Theory, in_numbers
from pagelaw.spec import sharing
from pagelaw.spec.law import find_law
from pagelaw.spec.sharing import Sharing

Break = Callable[[types.ModuleType, Any], None]
Refute = Callable[[str], set[str]]
OWN = {obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith("sharing-")}
#: The steps; the obligation that speaks about each is named after it.
STEPS = ("fill", "map_object", "fork", "separate", "write", "unmap", "read_in", "write_back", "evict")
#: What is proved besides: the first state, and what steps do not do and what they do together.
BESIDES = {
    "sharing-start",
    "sharing-refused",
    "sharing-private-write",
    "sharing-file-write",
    "sharing-fork-and-exit",
}


def id_of(step: str) -> str:
    """The id of the obligation that speaks about a step."""
    return f"sharing-{step.replace('_', '-')}"


def test_every_step_has_an_obligation_about_every_law() -> None:
    """No step of the specification is left out: each that answers with a state and whether it was legal."""
    answering = {
        name
        for name, value in vars(sharing).items()
        if isinstance(value, types.FunctionType) and value.__annotations__.get("return") == "tuple[Sharing, Truth]"
    }
    assert answering == set(STEPS)
    assert set(OWN) == {id_of(step) for step in STEPS} | BESIDES
    assert all(OWN[id_of(step)].laws == ("V6", "F7", "F9") for step in STEPS)


# -- wrong rules ---------------------------------------------------------------------------------------------


def written_through() -> Any:
    """A write with the right to read."""

    def write(sharing: Any, page: Any, mask: Any, value: Any) -> Any:
        legal, frame = is_mapped(sharing, page), frame_at(sharing, page)
        return with_content(legal, sharing, frame, overwritten(load(sharing.content, frame), mask, value)), legal

    return write


def kept_right() -> Any:
    """A child and a parent that both may write."""

    def fork(sharing: Any, page: Any, source: Any) -> Any:
        legal = is_vacant(sharing, page) & invert(is_object(sharing, source)) & may_be_mapped(sharing, source)
        frame = frame_at(sharing, source)
        mapping = Mapping(
            load(sharing.frame, source),
            load(sharing.writable, source),
            load(sharing.object, source),
            load(sharing.shared, source),
        )
        sharing = counted(legal, sharing, frame, load(sharing.count, frame) + ONE)
        return mapped(legal, sharing, page, mapping), legal

    return fork


def unzeroed() -> Any:
    """A frame that is given as it was left."""

    def fill(sharing: Any, page: Any, frame: Any) -> Any:
        legal = is_vacant(sharing, page) & is_unused(sharing, frame)
        sharing = counted(legal, sharing, frame, ONE)
        return mapped(legal, sharing, page, Mapping(frame + ONE, ONE, ZERO, ZERO)), legal

    return fill


def kept_count() -> Any:
    """A frame that stays counted when a page is unmapped."""

    def unmap(sharing: Any, page: Any) -> Any:
        legal = is_mapped(sharing, page) & invert(is_object(sharing, page))
        return mapped(legal, sharing, page, Mapping(ZERO, ZERO, ZERO, ZERO)), legal

    return unmap


def lost_writes() -> Any:
    """A file that is evicted with what was written to it."""

    def evict(sharing: Any, page: Any) -> Any:
        legal = is_object(sharing, page) & is_mapped(sharing, page) & is_alone(sharing, page)
        return unmapped(legal, sharing, page), legal

    return evict


def taken_over() -> Any:
    """A write fault that never copies."""

    def separate(sharing: Any, page: Any, frame: Any) -> Any:
        legal = is_mapped(sharing, page) & invert(is_shared(sharing, page) | is_writable(sharing, page))
        return mapped(legal, sharing, page, Mapping(load(sharing.frame, page), ONE, ZERO, ZERO)), legal

    return separate


@pytest.mark.parametrize(
    ("rule", "laws"),
    [
        (written_through(), {"V6"}),
        (kept_right(), {"V6"}),
        (unzeroed(), {"F7"}),
        (kept_count(), {"F9"}),
        (lost_writes(), {"V6"}),
        (taken_over(), {"V6", "F9"}),
    ],
    ids=["written through", "kept right", "not zeroed", "kept count", "lost writes", "taken over"],
)
def test_a_wrong_rule_is_refuted_in_numbers(rule: Any, laws: set[str], broken: Break, refuted: Refute) -> None:
    """The law that the rule is there for breaks; without a copy, pages stay in ranks that they should leave."""
    broken(sharing, rule)
    assert refuted(id_of(rule.__name__)) == laws


def restless() -> Any:
    """A page that is mapped whether the step is legal or not."""

    def mapped(going: Any, sharing: Any, page: Any, mapping: Any) -> Any:
        frame = store_if(TRUE, sharing.frame, page, mapping.frame)
        return Sharing(frame, *sharing[1:])

    return mapped


def test_a_refusal_that_changes_something_is_refuted(
    monkeypatch: pytest.MonkeyPatch, broken: Break, refuted: Refute
) -> None:
    """What the page maps is another frame, its rights and the contents are not."""
    monkeypatch.setattr(sharing, "TRUE", True, raising=False)
    broken(sharing, restless())
    assert refuted("sharing-refused") == {"F9"}


@pytest.mark.parametrize(
    ("rule", "id", "laws"),
    [
        (taken_over(), "sharing-private-write", {"V6", "F9"}),
        (lost_writes(), "sharing-file-write", set()),
        (kept_right(), "sharing-fork-and-exit", {"F9"}),
    ],
    ids=["taken over", "lost writes", "kept right"],
)
def test_what_steps_do_together_is_refuted(rule: Any, id: str, laws: set[str], broken: Break, refuted: Refute) -> None:
    """A file that is written back first loses nothing, whatever may be evicted; who has the right does not fault."""
    broken(sharing, rule)
    assert refuted(id) == laws


# -- states in numbers ---------------------------------------------------------------------------------------


def test_fresh_variables_have_half_a_word_for_numbers() -> None:
    """A page, a frame, an object and a count; contents have all of it."""
    theory = Theory(64)
    theory.state(OWN["sharing-fill"])
    found = theory.arguments["sharing"]
    assert [words.element for words in found[:7]] == [32, 8, 32, 8, 32, 64, 64]
    assert (found.objects.size, found.most.size) == (32, 32)
    assert [number.size for number in (*theory.arguments["extent"], *theory.arguments["spot"])] == [32] * 6
    assert (theory.arguments["ranking"].span.known, theory.arguments["page"].size) == (32, 32)


def world(count: int) -> dict[str, Any]:
    """Pages 1 and 2 map frame 0 after a fork, page 3 has frame 1 for itself; page 0 is a file's, out of the cache."""
    pages = Sharing(
        frame=Numbers({1: 1, 2: 1, 3: 2}, 0),
        writable=Numbers({3: 1}, 0),
        object=Numbers({}, 0),
        shared=Numbers({}, 0),
        count=Numbers({0: count, 1: 1}, 0),
        content=Numbers({}, 7),
        stored=Numbers({}, 0),
        objects=1,
        most=4,
    )
    ranking = Ranking(Numbers({1: 1, 2: 2, 3: 1}, 0), Numbers({}, 0), 16)
    placed = {place_of(ranking, frame, rank): page for frame, rank, page in ((0, 1, 1), (0, 2, 2), (1, 1, 3))}
    return {"sharing": pages, "extent": Extent(5, 3), "ranking": ranking._replace(page=Numbers(placed, 0))}


@pytest.mark.parametrize("rank", range(3))
@pytest.mark.parametrize("page", range(5))
def test_an_obligation_runs_on_numbers(page: int, rank: int) -> None:
    """The very function that is proved, on a state written down: page 1 is copied into frame 2, seen from anywhere."""
    point = {"page": 1, "frame": 2, "spot": Spot(page, 2, rank % 3, rank)}
    query = in_numbers(OWN["sharing-separate"], {**world(count=2), **point})
    assert all(query.premises.values())
    assert all(query.goals.values())


def test_a_count_that_is_none_has_no_ranking() -> None:
    """Two pages map the frame: a count of three has a rank that no page has, one of one a page without a rank."""
    for count, rank in ((3, 3), (1, 0)):
        point = {"page": 3, "spot": Spot(2, 2, 0, rank)}
        query = in_numbers(OWN["sharing-unmap"], {**world(count), **point})
        assert not query.premises["the laws at the spot"]
        assert not query.goals["F9"]
        assert query.goals["V6"] & query.goals["F7"]


# -- the judge -----------------------------------------------------------------------------------------------


@pytest.mark.proofs
def test_a_refuted_law_is_told(broken: Break) -> None:
    """The obligation, and the state in numbers."""
    broken(sharing, unzeroed())
    (finding,) = prove([find_law("F7")], widths=[32], time_limit=60, fail_fast=True).findings
    assert finding.verdict is Verdict.BROKEN
    assert "sharing-fill at 32 bits" in finding.because
    assert "counterexample: sharing = Sharing(" in finding.because
