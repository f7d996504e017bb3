"""Forward, backward, numbers: what a pass measures, without an opinion on it."""
