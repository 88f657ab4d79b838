"""Reach: what each layer of an observed network lets through, as sets held between two bounds."""
