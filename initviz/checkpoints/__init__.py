"""A file of weights: read, recognised, told of; nothing runs and nothing is unpickled."""
