"""`jinbao conform`: a terminal or a host under test, with a verdict and evidence."""
