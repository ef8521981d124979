"""The switch end to end (bench): load, a lean issuer, a bare relay, and what they measure."""
