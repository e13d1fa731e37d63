"""The charts of a study, one file each (parts.py says what is in it), and what they share."""
