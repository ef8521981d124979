"""Transfers on the stage: both legs or none, whatever fails between them."""
