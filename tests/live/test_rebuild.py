"""The read model, emptied and made anew while people write: in the end it is what PostgreSQL implies."""

import asyncio

from live.conftest import veigo

WITHIN_S = 180


async def test_a_rebuild_under_way_stops_nobody_and_ends_equal(stack, newcomer):
    """Sends go on, permissions stay, and every room, member, mark and last message is right in the end."""
    bob, ann = await newcomer().sign_up("Bob"), await newcomer().sign_up("Ann")
    room = await bob.create_room(ann)
    said = [await bob.send(room, str(number)) for number in range(20)]
    await bob.get(
        """mutation ($r: String!, $m: String!, $d: String!, $s: Int!) {
             a: UpdateMessage(roomId: $r, messageId: $m, content: "edited") { id }
             b: DeleteMessage(roomId: $r, messageId: $d) { id }
             c: AcknowledgeMessages(roomId: $r, sequence: $s) { sequence } }""",
        r=room,
        m=said[0]["id"],
        d=said[-1]["id"],
        s=said[5]["sequence"],
    )
    await ann.get("mutation ($r: String!) { DeleteUserRoom(roomId: $r) { memberId } }", r=room)
    rebuilding = asyncio.create_task(asyncio.to_thread(veigo, "rebuild", "--name", stack.name, within_s=WITHIN_S))
    written = 0
    while not rebuilding.done():
        other = await bob.create_room()
        await bob.send(other, "meanwhile")
        refused = await ann.ask("query ($r: String!) { ListMessages(roomId: $r) { records { id } } }", r=room)
        assert "FORBIDDEN" == refused["errors"][0]["extensions"]["code"]
        written += 1
    rebuilt = await rebuilding

    assert 0 == rebuilt.returncode, rebuilt.stdout + rebuilt.stderr
    assert "are as PostgreSQL implies" in rebuilt.stdout
    assert written > 0
