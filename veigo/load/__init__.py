"""Load: virtual people for Locust, the scenes they play, and what makes their figures worth something.

Half of it is rules, which import neither Locust nor gevent and are tested as such: when somebody acts (``rhythm.py``),
how many are there (``curve.py``), who is in which room (``casting.py``), what a message's id tells of the time it was
meant for (``intended_ids.py``), how several workers' histories become one (``pieces.py``, ``gathering.py``), and where
a stack breaks (``knee.py``). The other half runs in Locust's processes only, as importing Locust patches the whole
process: ``people.py``, ``door.py``, ``wire.py``, ``shape.py``, and the stage that ties them together
(``stage.py``, ``director.py``, ``troupe.py``).
"""
