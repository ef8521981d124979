"""The terminals' side of the core: sessions, requests, answers, reversals."""
