"""How services tell of spans: the format that they write and the collector reads, both with this."""
