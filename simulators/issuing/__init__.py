"""What a simulated issuer is told to do wrong."""
