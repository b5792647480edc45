"""For other people's tests: a pytest plugin with the stack and its parts as fixtures, and testcontainers of our own.

The containers (``opa.py``, ``debezium.py``) know nothing of Veigo; testcontainers has no modules for these two yet.
"""
