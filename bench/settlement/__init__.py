"""Settlement measured: a quarter cleared and reported, on both engines (bench)."""
