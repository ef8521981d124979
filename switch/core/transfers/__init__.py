"""Transfers: a parent and two legs, each a transaction of its own, and both or none in the end."""
