"""Data sets to learn from: built out of recordings, checked, read, promoted. A row knows nothing after its decision."""
