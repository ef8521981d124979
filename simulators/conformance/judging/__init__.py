"""The pure core: what a message says, what is wrong with it, and what is answered."""
