"""HTML reports: a self-contained page per night or experiment, and a history page."""
