"""What a run leaves in its folder, and what can be read off it: the only thing that training and analysis share."""
