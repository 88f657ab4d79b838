"""Templates in, an observed network out. Nothing here knows how our own templates are made."""
