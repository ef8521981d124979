"""Card data replaced by stand-ins, so that recorded messages can be kept and sent again."""
