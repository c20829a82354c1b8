"""What happened afterwards. It looks forward in time: for what learns and judges, never for a Session."""
