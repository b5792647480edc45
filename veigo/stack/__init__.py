"""The vocabulary of a stack: node, job, edge, topology; process, readiness, runner; ports, state, toolchain.

Nothing here knows PostgreSQL or Kafka. What the stack consists of is said in ``stack/table.py``, in these words.
Read ``node.py`` first, then ``topology.py``, then ``runner.py``.
"""
