"""The local socket of a Session: its place, and who answers there."""
