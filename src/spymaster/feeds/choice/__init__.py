"""Which files, which contract, which options a session is about. Rules of choice change here, reading does not."""
