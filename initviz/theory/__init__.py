"""What mathematics says a network should do: NumPy and SciPy only."""
