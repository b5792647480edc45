"""Contracts: what each part promises the others, and whether the promise is kept."""
