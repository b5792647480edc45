"""The stages of a fault, put together."""

from veigo.checkers.fault_window import windows_of
from veigo.history import FaultEvent, FaultStage


def event(fault, stage, at_ns, detail=None):
    return FaultEvent(fault, ["kafka"], FaultStage(stage), at_ns, 0, detail)


def whole(fault, at_ns):
    stages = ("injected", "felt", "healing", "healed")
    return [event(fault, stage, at_ns + number, "a refusal") for number, stage in enumerate(stages)]


def test_a_fault_has_all_its_times():
    (window,) = windows_of(whole("kill kafka", 10))

    assert (10, 11, 12, 13) == (window.injected_ns, window.felt_ns, window.healing_ns, window.healed_ns)
    assert "a refusal" == window.felt_by


def test_two_under_way_at_once_are_kept_apart():
    first, second = windows_of(sorted([*whole("kill kafka", 10), *whole("pause opa", 11)], key=lambda each: each.at_ns))

    assert ("kill kafka", 13) == (first.fault, first.healed_ns)
    assert ("pause opa", 14) == (second.fault, second.healed_ns)


def test_the_same_twice_is_two():
    assert [10, 20] == [
        window.injected_ns for window in windows_of([*whole("kill kafka", 10), *whole("kill kafka", 20)])
    ]


def test_a_moment_is_covered_from_the_injection_to_the_healing_and_for_ever_without_one():
    (window,) = windows_of(whole("kill kafka", 10))
    (unhealed,) = windows_of(whole("kill kafka", 10)[:2])

    assert [False, True, True, False] == [window.covers(at_ns) for at_ns in (9, 10, 13, 14)]
    assert unhealed.covers(1 << 60)


def test_only_between_feeling_and_healing_was_it_surely_broken():
    (window,) = windows_of(whole("kill kafka", 10))
    (unfelt,) = windows_of([event("kill kafka", "injected", 10), event("kill kafka", "healed", 13)])

    assert [True, False, False] == [window.surely_covers(*span) for span in ((11, 12), (10, 12), (11, 13))]
    assert not unfelt.surely_covers(11, 12)
