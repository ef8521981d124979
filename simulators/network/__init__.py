"""Between two parties: 金保专网 and bank links, on real sockets too, and a clearing centre's node."""
