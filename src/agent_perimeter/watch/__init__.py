"""The scheduled watch: what it is given at synth, what it remembers between runs, and what it says."""
