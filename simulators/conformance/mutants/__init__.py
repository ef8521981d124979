"""Our terminal with one defect each: the suite is judged by what it catches."""
