"""Practice in a replay: paper orders filled by queue and latency out of recorded depth. Pure; knows no vendor."""
