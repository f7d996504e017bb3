"""Results kept, turns taken, seeds to generators, numbers in words: nothing of the subject."""
