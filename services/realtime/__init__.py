"""Turns what Kafka says happened into WebSocket frames; see README.md in this folder."""
