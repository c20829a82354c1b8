"""What models say, as it is published: never a part of signals, their columns or their hash."""
