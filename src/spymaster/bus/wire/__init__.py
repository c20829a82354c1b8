"""Frames as bytes and back: the same on a local socket and through a gateway. A change of layout is a new protocol."""
