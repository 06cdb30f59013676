"""The vocabulary: frozen values without input or output, and the rules that make, read and name them."""
