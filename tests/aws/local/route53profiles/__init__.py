"""Route 53 Profiles, which moto lacks as a whole: rules of another account that come to hold for a VPC's DNS."""

from __future__ import annotations

import re
import sys

from moto import backend_index

from tests.aws.local.route53profiles import responses as responses
from tests.aws.local.route53profiles.models import route53profiles_backends as route53profiles_backends

sys.modules["moto.route53profiles"] = sys.modules[__name__]  # where moto looks for the service
backend_index.backend_url_patterns.append(
    ("route53profiles", re.compile(r"https?://route53profiles\.(.+)\.amazonaws\.com"))
)
