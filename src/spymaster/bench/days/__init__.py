"""Many days computed by workers, measured against the same days replayed plainly. Nothing here is a day of a market."""
