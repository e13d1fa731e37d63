"""One run: its names resolved, tried, trained, evaluated, and written down."""
