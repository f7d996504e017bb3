"""The two tables, activations and initializers, a record an entry; nothing is computed here."""
