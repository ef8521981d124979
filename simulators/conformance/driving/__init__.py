"""Our own terminal, driven through the cases: on virtual time and on real sockets."""
