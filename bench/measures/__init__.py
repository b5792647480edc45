"""The scoreboard's questions, one a file."""
