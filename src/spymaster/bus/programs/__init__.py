"""A Session and its lake for programs that ask in words: the Model Context Protocol. Nothing here changes anything."""
