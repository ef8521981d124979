"""What a transaction costs: tariffs, the waiver matrix, rounding."""
