"""How examples meet a model: encode, head, loss and decode of each format live together."""
