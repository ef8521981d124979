"""Who may do what where, as frozen snapshots: stages, openings, service points, qualifications."""
