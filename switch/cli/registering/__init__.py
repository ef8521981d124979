"""The verbs of the registry: who may do what where, and since when."""
