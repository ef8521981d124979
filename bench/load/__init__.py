"""The load generator (bench): what it costs, against hosts whose answers and delays are known."""
