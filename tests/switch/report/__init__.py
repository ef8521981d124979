"""Pages for people: escaped, self-contained, and seen in a real browser."""
