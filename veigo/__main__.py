"""`python -m veigo` is the `veigo` command."""

from veigo.cli import app

app()
