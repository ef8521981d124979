"""Social services: the host to try them with, the verbs of a composite terminal, pay-outs."""
