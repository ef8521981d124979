"""What a ledger on PostgreSQL costs, and what a second process brings (bench)."""
