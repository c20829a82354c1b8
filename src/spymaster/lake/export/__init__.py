"""Tables out of the lake and out of runs. A new format is a writer here."""
