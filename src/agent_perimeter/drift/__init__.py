"""Drift: the account as it is, held to what was deployed and to what the policies mean."""
