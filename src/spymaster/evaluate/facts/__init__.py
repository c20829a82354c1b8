"""Stylised facts of markets and their bounds. A bound comes from real markets, never from what the simulator does."""
