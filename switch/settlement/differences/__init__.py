"""Differences between the books: what they are, who must act by when, what a case moves."""
