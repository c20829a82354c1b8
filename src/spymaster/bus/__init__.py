"""Frames and signals to others: NATS, local sockets, gateway, attached screens. Nothing here slows a Session."""
