"""The scoreboard: this stack beside the floors under it and beside its peers, as ratios (docs/decisions/0028)."""
