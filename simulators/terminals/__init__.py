"""What a simulated terminal knows, in rooms of its own: answers, debts, downloads, scripts."""
