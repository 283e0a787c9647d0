"""The registry of laws: what it holds, and what it refuses."""

import pytest

from pagelaw.spec import buddy_laws
from pagelaw.spec import law as registry
from pagelaw.spec.law import Law, Scope, find_law, law, laws_of, register, select_laws


@pytest.fixture
def spare_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that the test may write to."""
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


def test_all_laws_of_the_contract_in_order() -> None:
    """A1 to A14, the four policies and the two laws of conduct, each with a statement, a source and a predicate."""
    known = {entry.id: entry for entry in laws_of("frames")}
    assert set(known) >= {f"A{number}" for number in range(1, 15) if number != 13} | {"C1", "C2"}
    assert {"A13.smallest", "A13.lowest", "A13.lower", "A13.upper"} <= set(known)
    assert len(known) == 19
    for entry in known.values():
        assert entry.statement.endswith(".")
        assert entry.source
        assert (entry.predicate is None) == (entry.scope is Scope.CONDUCT)


def test_a_law_stays_a_plain_function() -> None:
    """The decorator registers a function and hands the very same one back."""
    assert find_law("A4").predicate is buddy_laws.merged


@pytest.mark.parametrize("key", ["A4", "a4", "merged", "MERGED"])
def test_laws_are_found_by_id_and_name(key: str) -> None:
    """Case does not matter."""
    assert find_law(key).id == "A4"


def test_a_misspelt_law_names_the_nearest() -> None:
    """A near miss is answered with what may have been meant; a far one with where to look."""
    with pytest.raises(LookupError, match=r"no law is called 'mergd'; did you mean merged"):
        find_law("mergd")
    with pytest.raises(LookupError, match=r"no law is called 'QQQ' \(`pagelaw laws` lists them\)"):
        find_law("QQQ")


def test_selection_keeps_the_order_of_the_registry() -> None:
    """Keys choose, their order does not; no keys mean all."""
    assert [entry.id for entry in select_laws("frames", ["A4", "aligned"])] == ["A1", "A4"]
    assert select_laws("frames", []) == laws_of("frames")
    with pytest.raises(LookupError):
        select_laws("frames", ["A99"])


@pytest.mark.usefixtures("spare_registry")
def test_ids_and_names_are_taken_once() -> None:
    """A second law by a known id or name is refused; in another contract the name is free."""
    for entry in (
        Law("A1", "new", "frames", "It holds.", "here", Scope.STATE),
        Law("N1", "aligned", "frames", "It holds.", "here", Scope.STATE),
    ):
        with pytest.raises(ValueError, match="is registered already as A1"):
            register(entry)

    @law("N1", "aligned", contract="pages", statement="It holds.", source="here", scope=Scope.STATE)
    def aligned() -> bool:
        return True

    assert aligned()
    assert [entry.id for entry in laws_of("pages")] == ["N1", "C1", "C2"]
