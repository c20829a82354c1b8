"""Massive played on this machine: WebSocket and REST on one port. Frames are those the vendor documents."""
