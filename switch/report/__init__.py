"""Pages for people (switch/report): one self-contained HTML file each, in Chinese or English."""
