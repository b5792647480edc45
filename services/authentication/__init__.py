"""Authentication: accounts, sessions and tokens."""
