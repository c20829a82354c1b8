"""Learning: rows out of runs, fits, and the files of models. Needs a truth or a future, so no Session imports it."""
