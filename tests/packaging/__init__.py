"""What leaves the source tree: the wheel, and the Makefile's set-up."""
