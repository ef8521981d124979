"""Messages: bytes to meaning and back; this room knows no business rule.

Dialects are data (specs/), `codec` reads whole messages, `view` is the hot path,
`framing` cuts a stream into frames, `crypto` authenticates and protects bytes.
"""
