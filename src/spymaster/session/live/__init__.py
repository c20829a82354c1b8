"""A session on a market that goes on: its feeds, its CONFIG, its end. What arrives is journalled first."""
