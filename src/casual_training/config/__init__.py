"""What a user may write: the keys of a config, their defaults, and what is wrong with one."""
