"""Cryptography over message bytes: ciphers, keys, MAC, PIN blocks and encrypted tracks.

There is no key store here: keys come in as objects of `keys`, which never show their bytes.
Cipher contexts are made once per key; a MAC object belongs to one thread.
"""
