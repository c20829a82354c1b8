"""Pages over the cockpit, one module per page: they show words and figures and are scrolled and searched alike."""
