"""Requirements and cases as data, and what a tester says of the terminal under test."""
