"""What breaks a ledger: a disk that loses power, and a process that is killed."""
