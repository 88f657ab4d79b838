"""EC2 where moto lacks an operation, or answers otherwise than AWS does."""
