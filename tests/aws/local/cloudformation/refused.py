"""Why a deployment cannot go on."""

from __future__ import annotations


class Refused(Exception):
    """A template that CloudFormation, or this one of ours, does not deploy; the text says why."""
