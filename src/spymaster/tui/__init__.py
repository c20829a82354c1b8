"""The terminal: app, screens, widgets, keys and themes."""
