"""What a run leaves in its folder: all that training and analysis share."""
