"""What goes on around the runs of a study: loading, progress, interruption, end."""
