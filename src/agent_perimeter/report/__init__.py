"""Reports: what was found and what would be built, for people and for other programs."""
