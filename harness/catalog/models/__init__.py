"""Model families: one file each, with the sizes that it comes in."""
