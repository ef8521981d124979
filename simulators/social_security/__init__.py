"""The social-security host (simulators): persons, bills, benefits, and their pay-out files."""
