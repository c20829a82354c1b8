"""Plans over many days: what is computed of each, by whom, kept under what it depends on. Only `cli` asks for it."""
