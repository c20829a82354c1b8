"""Widgets of the cockpit: each paints projected rows, and only those that changed."""
