"""What a SOURCE is and how its frames come. A new form of recording is a module here."""
