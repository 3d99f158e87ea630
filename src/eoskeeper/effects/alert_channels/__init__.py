"""Alert channels: one file for each service that carries a message to a person."""
