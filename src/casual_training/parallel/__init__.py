"""What strategies are made of: workers, what they share, and how they talk."""
