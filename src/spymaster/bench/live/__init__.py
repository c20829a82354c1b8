"""A live session measured: what ingest costs, and how late records come under load. The vendor is played here."""
