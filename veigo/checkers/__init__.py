"""Promises and their judges. Each checker is pure, and knows nothing but the ledger of a run."""
