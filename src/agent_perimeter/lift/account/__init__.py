"""An account's answers, read into the judge's records: one module for each part of the network."""
