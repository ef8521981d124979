"""Every checker of a promise is shown the bug that it exists for, and the healthy world.

A checker that could not say no would prove nothing about the worlds that it passes.
"""
