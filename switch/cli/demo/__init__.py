"""`jinbao demo`: switch, banks and terminal as processes, a story, and the books after it."""
