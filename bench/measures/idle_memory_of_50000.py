"""What fifty thousand take: four servers, since a process may open 20,000 files at most on many machines."""

from bench.peers.idle import idle_memory

measure = idle_memory("idle_memory_of_50000", sockets=50_000, servers=4)
