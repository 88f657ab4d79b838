"""The domain of AWS's endpoints by partition (CloudFormation user guide, ``AWS::URLSuffix``), as of 2026-11."""

from __future__ import annotations

URL_SUFFIX = "${AWS::URLSuffix}"
"""How text names it where the region is not known."""

_BY_REGION = (
    ("cn-", "amazonaws.com.cn"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("us-iso-", "c2s.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
)


def url_suffix(region: str) -> str:
    """The suffix in a region; the placeholder where ``region`` is one itself."""
    if region.startswith("${"):
        return URL_SUFFIX
    return next((suffix for prefix, suffix in _BY_REGION if region.startswith(prefix)), "amazonaws.com")
