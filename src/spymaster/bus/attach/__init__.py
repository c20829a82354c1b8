"""A running Session as a source of frames: over its socket or through a gateway, read-only, again and again."""
