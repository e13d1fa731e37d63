"""The page of a study: one HTML file, made section by section."""
