"""A rule traded on paper: its brackets at levels, and the same rule at prices like any other. Judges, never trades."""
