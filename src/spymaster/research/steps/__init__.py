"""What can be computed of a day: a step is a line of the table and a module that does it."""
