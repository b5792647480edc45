"""The tables of authentication, oldest migration first."""
