"""Chat: profiles, rooms, members and messages, each room with one ordered log."""
