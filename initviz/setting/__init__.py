"""What a person chose, validated, with its inputs and its cost; nothing is run here."""
