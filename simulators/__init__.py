"""Terminals, issuers and networks that the switch is tested with."""
