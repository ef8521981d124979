"""What worlds tell (simulators/world): stakes, states met, conversations, sums, what fails."""
