"""Scenarios that read as a conversation: a terminal says, an issuer says, a switch answers.

They run over real sockets against a real process; what can do without is shown elsewhere.
"""
