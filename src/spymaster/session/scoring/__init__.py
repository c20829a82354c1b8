"""What models say in a session: which may be shown; asked in a thread that no snap waits for, and written down."""
