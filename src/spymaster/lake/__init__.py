"""Storage and export: tables of what was recorded and what was computed from it."""
