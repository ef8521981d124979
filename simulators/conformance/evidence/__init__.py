"""What is kept of a run: records in a hash chain, and the reports made from them."""
