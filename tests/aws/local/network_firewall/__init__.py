"""Network Firewall: rule groups, policies, firewalls and their endpoints."""
