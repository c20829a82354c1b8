"""The vendor's file format, read and written. Only what the format says may change anything here."""
