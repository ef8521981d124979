"""The house rules as pure functions: a source or a tree in, complaints out."""
