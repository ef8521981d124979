"""What the documents show is what the commands print."""
