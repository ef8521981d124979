-- Clearing looks for what was reversed since it was cleared: seldom, and over months.

CREATE INDEX transactions_reversed ON transactions (day) WHERE state = 11;
