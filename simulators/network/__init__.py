"""Between two parties: 金保专网 and bank links, and a clearing centre's node."""
