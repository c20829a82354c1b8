"""The way to the terminal: the paced driver, its link, its colours, what it shows already."""
