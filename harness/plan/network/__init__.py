"""How large a network is and what it multiplies: sizes, heads, adapters, FLOPs."""
