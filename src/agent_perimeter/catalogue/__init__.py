"""Dated tables of facts about AWS and the internet, apart from the code that uses them."""
