"""The book of single orders and everything that trades in it. A change makes other recordings from the same seed."""
