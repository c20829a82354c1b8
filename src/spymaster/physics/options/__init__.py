"""What options do and what they are worth: quotes, sides, smile, exposure. Prices levels and scores nothing."""
