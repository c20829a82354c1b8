"""Everything the engine remembers and writes. What is remembered must be here, or a snapshot is not whole."""
