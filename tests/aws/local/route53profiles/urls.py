"""Where moto finds the service: the router of botocore's model tells the operations apart."""

from __future__ import annotations

from tests.aws.local.route53profiles.responses import Route53ProfilesResponse

url_bases = [r"https?://route53profiles\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/(?P<path>.+)$": Route53ProfilesResponse.dispatch}
