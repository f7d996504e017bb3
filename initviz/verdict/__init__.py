"""What the numbers of a pass mean, and the repair; nothing is measured but repairs."""
