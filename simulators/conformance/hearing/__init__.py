"""From bytes to messages, and what is wrong with how they are written."""
