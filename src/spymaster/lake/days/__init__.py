"""A lake asked over days: which run of a date counts, and only the row groups that hold what was asked for."""
