"""One level and the list of levels, as rows of cells."""
