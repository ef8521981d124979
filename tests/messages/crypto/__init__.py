"""Tests of messages/crypto."""
