"""The stops of a transaction's walk, one function each; `switch.pipeline` has their order."""
