"""What ten thousand sockets take that only wait."""

from bench.peers.idle import idle_memory

measure = idle_memory("idle_memory", sockets=10_000, servers=1)
