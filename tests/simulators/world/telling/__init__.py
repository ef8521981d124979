"""What worlds tell: stakes, states, conversations, sums, and the smallest world that fails."""
