"""Networks between two parties: 金保专网 and bank links, without I/O and on real sockets."""
