"""Stages of worlds: what is drawn, what was asked, and what a reload changes."""
