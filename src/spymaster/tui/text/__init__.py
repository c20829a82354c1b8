"""Levels and alerts as text: copied, exported, and levels pasted in. Nothing here decides what they say."""
