"""The command line, one file a group of commands; what they print is computed elsewhere."""
