"""Who is in which room: everybody in one, some in the next as well; a room's first member makes it. Pure."""

ROOM_SIZE_MIN = 2


def cast(people: int, room_size: int, second_room_every: int = 0) -> list[list[int]]:
    """Return for each room the numbers of its members, the one who makes it first.

    Args:
        people: how many there are.
        room_size: of a room, at least; more than there are people is one room for all.
        second_room_every: one in so many is in the next room as well, so that rooms overlap; 0 for nobody.

    Raises:
        ValueError: there are not enough people for a room.
    """
    if people < ROOM_SIZE_MIN or room_size < ROOM_SIZE_MIN:
        message = f"a room takes two people at least; {people} people in rooms of {room_size} make none"
        raise ValueError(message)
    count = max(1, people // room_size)
    rooms: list[list[int]] = [[] for _ in range(count)]
    for person in range(people):
        # Dealt out like cards, and not in blocks: whoever is there early has company in every room.
        rooms[person % count].append(person)
    if second_room_every and count > 1:
        for person in range(0, people, second_room_every):
            rooms[(person + 1) % count].append(person)
    return rooms


def rooms_of_each(rooms: list[list[int]], people: int) -> list[list[int]]:
    """Return for each person the numbers of the rooms they are in."""
    of: list[list[int]] = [[] for _ in range(people)]
    for room, members in enumerate(rooms):
        for member in members:
            of[member].append(room)
    return of
