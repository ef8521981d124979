"""The verbs that make, check and run an installation."""
