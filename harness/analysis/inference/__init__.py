"""From gains to a verdict: contrasts between low- and high-resource languages, with their uncertainty."""
