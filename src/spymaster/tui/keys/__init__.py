"""Actions, keys and the palette. A new action is a line of the registry and a method of a screen."""
