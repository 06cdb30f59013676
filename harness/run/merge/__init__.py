"""Two run folders become one: what can be copied safely, how it is copied, what is said of the rest."""
