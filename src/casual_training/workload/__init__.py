"""What is trained: data, networks, losses, metrics, optimizers, and the user's own code."""
