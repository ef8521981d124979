"""Seeds that once failed: each world is run again, and its story says what was wrong."""
