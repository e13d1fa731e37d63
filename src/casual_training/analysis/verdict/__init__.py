"""From the tables to the answer: speed-ups to the target, verdicts on the pre-specified comparisons, sentences."""
