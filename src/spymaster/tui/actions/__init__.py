"""What the cockpit does beside moving about: alerts and practice, apart from the screen that has the keys."""
