"""The way to the terminal: the paced driver, its link, the colours it can show."""
