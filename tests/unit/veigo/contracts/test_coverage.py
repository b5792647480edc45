"""How much of a contract was seen, and what is wrong with the rest."""

from veigo.contracts.coverage import Coverage


def seen(*items, promised=("a", "b"), excused=None):
    coverage = Coverage()
    coverage.promise("RPC", promised)
    coverage.excuse({"RPC": excused or {}})
    for item in items:
        coverage.saw("RPC", item)
    return coverage


def wrong(coverage):
    return [(gap.item, gap.wrong.partition(",")[0]) for gap in coverage.gaps()]


def test_all_that_was_promised_and_seen_is_complete():
    assert seen("a", "b").complete
    assert [("RPC", 2, 2, 0)] == seen("a", "b").rows()


def test_nothing_promised_is_not_complete():
    """No contract, no verdict."""
    assert not Coverage().complete


def test_what_was_never_seen_is_missing():
    assert [("b", "promised")] == wrong(seen("a"))


def test_what_nobody_promised_is_wrong_too():
    assert [("c", "seen")] == wrong(seen("a", "b", "c"))


def test_an_excuse_stands_for_what_cannot_be_seen():
    assert seen("a", excused={"b": "nothing sets it yet"}).complete


def test_an_excuse_that_is_none_is_wrong():
    """What can be seen needs none, and neither does what is not promised."""
    assert [("b", "excused from being seen")] == wrong(seen("a", "b", excused={"b": "not yet"}))
    assert [("z", "excused")] == wrong(seen("a", "b", excused={"z": "gone"}))
