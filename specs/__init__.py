"""Data only: dialects, transaction types, tariffs, scenarios; read with importlib.resources."""
