"""Round the runs of a study: its config loaded, its progress shown, its interruption, its end."""
