"""Veigo: starts a complete event-driven chat stack, drives it with real users, and judges whether it holds."""
