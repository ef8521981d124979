"""One file per promise (simulators): pure functions over a whole run that return what broke it."""
