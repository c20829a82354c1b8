"""Levels of one's own and the list of those published. Files and words, no engine's memory."""
