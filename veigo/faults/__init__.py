"""What can be broken on purpose: one module a fault. Read ``fault.py`` first."""
