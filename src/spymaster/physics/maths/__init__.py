"""Functions from + - x / alone, the same on every machine. A change here changes every hash."""
