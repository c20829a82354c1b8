"""The commands, thin: parse, call, print. A new command is a module here; computing belongs in the other rooms."""
