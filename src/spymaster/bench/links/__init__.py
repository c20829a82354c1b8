"""Links between the program and a terminal, played at the pace they have: what passes them, and how soon."""
