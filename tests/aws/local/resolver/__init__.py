"""Route 53 Resolver: DNS Firewall, and what decides where a VPC's questions go."""
