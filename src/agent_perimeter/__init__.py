"""An egress perimeter for AI agents on AWS: intent, network, and what holds between them."""
