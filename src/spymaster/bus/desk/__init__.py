"""What screens and browsers are answered with, and the one thread that does it beside a Session."""
