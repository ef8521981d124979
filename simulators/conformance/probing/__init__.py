"""The acquirer role: our terminal asks a host, good and bad, and judges its answers."""
