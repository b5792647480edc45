"""What a load run's processes say to each other, over Locust's own messages; in one process, to itself.

The director is in the master, a troupe in every process that makes load.
"""

# To the director.
WISH = "veigo_wish"  # wish → a role for a person who has arrived
BACK = "veigo_back"  # number, after → a role that somebody else may have now, and how far they had come in each room
ASK_TIME = "veigo_ask_time"  # asked_ns
PIECE = "veigo_piece"  # number, data, clock → a part of the history
ANSWERED = "veigo_answered"  # reached → nothing is under way any more; the last acknowledged sequence of each room
HEARD = "veigo_heard"  # heard → whether every socket has what was acknowledged
OVER = "veigo_over"  # pieces, lost → the history is whole

# To the troupes.
ROLE = "veigo_role"  # wish, role
TIME = "veigo_time"  # asked_ns, at_ns, at_us
TAKEN = "veigo_taken"  # number → of a piece
SILENCE = "veigo_silence"  # ends_ns → nobody says anything that is not meant before it
LISTEN = "veigo_listen"  # rooms → wait for these sequences
CURTAIN = "veigo_curtain"  # hang up, and hand in the rest of the history
