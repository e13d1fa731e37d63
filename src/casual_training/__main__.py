"""`python -m casual_training` is the command line (cli.py)."""

from casual_training.cli import console_script

console_script()
