"""The tables of a study, results/STUDY/NAME.csv: one file each (parts.py says what is in it)."""
