"""A run held against the vendor's own account of the same time. Nothing here changes a record."""
