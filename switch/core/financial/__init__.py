"""Financial transactions from the end of their walk to their answer and outcome."""
