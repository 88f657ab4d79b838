"""The only code that calls AWS: reading an account, and delivering what was found there."""
