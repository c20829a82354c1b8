"""Where a lake is kept: a folder or a bucket. Everything that changes files goes through this room."""
