"""Alerts of one's own rules, beside a Session: pure rules, a desk, a command. Nothing here delays a Session."""
