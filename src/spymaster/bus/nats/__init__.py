"""A journal mirrored onto NATS, and a run read back from there: every message once, under an id that never changes."""
