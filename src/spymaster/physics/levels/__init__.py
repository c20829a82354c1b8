"""Which price levels exist and how they stand to each other. A new kind of level is placed here."""
