"""What the services stand on, and the table that puts everything together: start with ``table.py``."""
