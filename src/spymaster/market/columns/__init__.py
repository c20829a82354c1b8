"""The tables of published columns, each described once. A new column is a line here; a name never changes."""
