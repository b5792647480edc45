"""Turns the change log into documents for reading and into the data policies decide from."""
