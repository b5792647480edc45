"""What a stack should tell of itself, as data: held against what it told, and made into dashboards and alerts."""
