"""The peers of the scoreboard: what they are built from, how each is started, and who listens to them.

    sources/        Centrifugo's and Socket.IO's pins, and two programs in C: the floor of fan-out, and the listener
    tools.py        builds them
    listener.py     many sockets to any of them, and when each message reached each
    centrifugo.py   … socketio.py, send_loop.py: each peer, running
    our_rooms.py    the same for the stack: people, rooms, and messages into them
    same_topic.py   has Debezium's records name their room in a header, which is all that Centrifugo needs of them

Which of them are compared and how, `bench/measures/` says. See docs/decisions/0029.
"""
