"""The reference stack's services, one folder each, and the few modules they all share."""
