"""Feeds to journal to engine to sinks. Whatever a Session comes to remember must enter its checkpoints."""
