"""The policy file: from its text to a ``Policy``, and what there is to say about it."""
