"""How a crowd is spread, and what is refused: arithmetic, without a socket."""

from collections import Counter

import pytest

from veigo.crowd.people import sockets_in
from veigo.crowd.spread import Machine, check_machine, check_stack, room_in_stack, shares, source_and_door, sources
from veigo.stack.problem import StackError

MACHINE = Machine(files_max=20_000, ports=28_232, memory_bytes=16 << 30)


@pytest.mark.parametrize(("sockets", "processes"), [(1, 1), (15_000, 1), (15_001, 2), (50_000, 4)])
def test_every_process_holds_about_as_many(sockets, processes):
    parts = shares(sockets, MACHINE)

    assert processes == len(parts)
    assert sockets == sum(part.sockets for part in parts)
    assert max(part.sockets for part in parts) - min(part.sockets for part in parts) <= 1
    assert [part.first for part in parts] == [sum(p.sockets for p in parts[:n]) for n in range(len(parts))]


def test_a_lower_limit_of_files_takes_more_processes():
    parts = shares(10_000, Machine(files_max=1_224, ports=28_232, memory_bytes=1 << 30))

    assert 10 == len(parts)
    assert all(part.sockets <= 1_024 for part in parts)


def test_no_address_needs_more_ports_than_it_has():
    """Fifty thousand sockets to one door, as before a single server."""
    chosen = sources(50_000, 1, MACHINE)
    pairs = Counter(source_and_door(number, chosen, [("127.0.0.1", 8000)]) for number in range(50_000))

    assert max(pairs.values()) < MACHINE.ports * 0.8
    assert len(chosen) == len(pairs)


def test_doors_and_addresses_are_used_alike():
    chosen, doors = sources(600, 2, MACHINE), [("127.0.0.1", 1), ("127.0.0.1", 2)]
    pairs = Counter(source_and_door(number, chosen, doors) for number in range(600))

    assert {100} == set(pairs.values())
    assert 6 == len(pairs)


@pytest.mark.parametrize("number", range(7))
def test_rooms_have_the_sockets_they_are_said_to_have(number):
    assert sum(n % 7 == number for n in range(100)) == sockets_in(number, 7, 100)


def test_a_crowd_that_fits_is_not_refused():
    check_machine(50_000, 6, MACHINE)
    check_stack(50_000, gateways=6, realtimes=3, machine=MACHINE)


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        (Machine(files_max=256, ports=28_232, memory_bytes=16 << 30), "ulimit -n"),
        (Machine(files_max=20_000, ports=28_232, memory_bytes=1 << 30), "hold 10,485 at most"),
        (Machine(files_max=20_000, ports=10, memory_bytes=64 << 30), "ip_local_port_range"),
    ],
)
def test_what_the_machine_cannot_hold_is_refused_with_what_to_do(machine, says):
    with pytest.raises(StackError, match=says):
        check_machine(50_000, 1, machine)


def test_a_stack_too_small_is_told_its_scale():
    """A gateway has two files open for a socket, a realtime one."""
    with pytest.raises(StackError, match="veigo up --scale gateway=6 realtime=3"):
        check_stack(50_000, gateways=1, realtimes=3, machine=MACHINE)
    with pytest.raises(StackError, match="veigo up --scale gateway=2 realtime=1"):
        check_stack(10_000, gateways=1, realtimes=1, machine=MACHINE)


@pytest.mark.parametrize(
    ("gateways", "realtimes", "room"), [(1, 1, 9_900), (2, 1, 19_800), (6, 1, 19_800), (6, 3, 59_400)]
)
def test_a_stack_has_room_for_as_many_sockets_as_its_processes_have_files(gateways, realtimes, room):
    """A gateway takes two for each."""
    assert room == room_in_stack(gateways, realtimes, files_max=20_000)
    check_stack(room, gateways, realtimes, MACHINE)
    with pytest.raises(StackError):
        check_stack(room + 1, gateways, realtimes, MACHINE)


def test_a_realtime_takes_no_more_than_it_is_told_to():
    """However many files there are."""
    with pytest.raises(StackError, match="realtime=2"):
        check_stack(60_000, gateways=1, realtimes=1, machine=Machine(1 << 20, 28_232, 16 << 30))


def test_more_than_any_stack_here_can_hold_is_refused_without_a_scale():
    """There are nine of each at most."""
    with pytest.raises(StackError, match="hold 89,100 at most"):
        check_stack(100_000, gateways=9, realtimes=9, machine=MACHINE)
