"""Sources of records, each yielding batches. A new source is a module or a room here and knows no other one."""
