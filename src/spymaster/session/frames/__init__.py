"""What a screen is given, made from the engine's memory: copies only. A new picture begins here."""
