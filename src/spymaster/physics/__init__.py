"""From frames to snaps, pure: numba and numpy alone. The order of things is here, formulas in the rooms."""
