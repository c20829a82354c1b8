"""The commands that replay: with a screen, without one, two at once, and the bare command."""
