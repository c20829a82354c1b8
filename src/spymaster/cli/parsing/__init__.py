"""How command lines are understood: options that commands share, and what is said where one is wrong."""
