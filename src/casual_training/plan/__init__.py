"""From a config to the runs of a study and what it compares. Pure: starts nothing and writes nothing."""
