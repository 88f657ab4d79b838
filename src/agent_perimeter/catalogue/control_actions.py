"""AWS actions that an agent must not hold, because they reach behind its own perimeter.

Two kinds. Some *edit* the perimeter or what guards it: with ``ec2:CreateRoute`` the wall has a door.
Others *leave* it: they run code, or act as a role, that no boundary of ours caps. Both are looked up
by pattern, for a policy may write ``ec2:*``. As of 2026-11.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import fnmatchcase


class Control(StrEnum):
    """Why an action is not for an agent."""

    EDITS = "edits"
    LEAVES = "leaves"


_READ = re.compile(r"(batchget|describe|get|list|lookup|search)")
"""Verbs of calls that change nothing. The pattern must begin with one, so ``ec2:*`` does not pass."""

_EDITS_BUT_READS = frozenset(
    {
        "cloudformation",
        "cloudtrail",
        "config",
        "ec2",
        "fms",
        "iam",
        "network-firewall",
        "networkmanager",
        "organizations",
        "ram",
        "route53",
        "route53profiles",
        "route53resolver",
        "scheduler",
        "vpc-lattice",
    }
)
"""Services that make up the perimeter or record what happens to it: everything but reading is an edit."""

_EDITS = frozenset(
    {
        "cloudwatch:deletealarms",
        "cloudwatch:disablealarmactions",
        "cloudwatch:putmetricalarm",
        "cloudwatch:setalarmstate",
        "events:deleterule",
        "events:disablerule",
        "events:putrule",
        "events:puttargets",
        "events:removetargets",
        "kms:disablekey",
        "kms:putkeypolicy",
        "kms:schedulekeydeletion",
        "lambda:addpermission",
        "lambda:createfunction",
        "lambda:deletefunction",
        "lambda:deletefunctioneventinvokeconfig",
        "lambda:putfunctionconcurrency",
        "lambda:putfunctioneventinvokeconfig",
        "lambda:putruntimemanagementconfig",
        "lambda:removepermission",
        "lambda:updatefunctioncode",
        "lambda:updatefunctionconfiguration",
        "lambda:updatefunctioneventinvokeconfig",
        "logs:deletedestination",
        "logs:deleteloggroup",
        "logs:deletelogstream",
        "logs:deleteresourcepolicy",
        "logs:deleteretentionpolicy",
        "logs:deletesubscriptionfilter",
        "logs:putresourcepolicy",
        "logs:putretentionpolicy",
        "logs:putsubscriptionfilter",
        "securityhub:batchupdatefindings",
        "securityhub:disablesecurityhub",
        "sns:addpermission",
        "sns:deletetopic",
        "sns:removepermission",
        "sns:setsubscriptionattributes",
        "sns:settopicattributes",
        "sns:unsubscribe",
    }
)
"""The watch, its alarms and the perimeter's evidence live in these services too."""

_LEAVES = frozenset(
    {
        "codebuild:createproject",
        "codebuild:startbuild",
        "codebuild:startbuildbatch",
        "codebuild:updateproject",
        "ecs:createservice",
        "ecs:registertaskdefinition",
        "ecs:runtask",
        "ecs:starttask",
        "ecs:updateservice",
        "glue:createjob",
        "glue:startjobrun",
        "sagemaker:createnotebookinstance",
        "sagemaker:createprocessingjob",
        "sagemaker:createtrainingjob",
        "ssm:sendcommand",
        "ssm:startautomationexecution",
        "ssm:startsession",
        "states:createstatemachine",
        "states:updatestatemachine",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
    }
)
"""Code that runs under another role, or another role's credentials: neither is behind this perimeter."""


def control_of(action: str) -> Control | None:
    """What an IAM action pattern (``prefix:Name``, with ``*`` and ``?``) gives control over, at worst.

    IAM compares actions without regard to case. A pattern without a literal prefix gives everything.
    """
    pattern = action.lower()
    prefix, _, name = pattern.partition(":")
    if not prefix or "*" in prefix or "?" in prefix:
        return Control.EDITS
    if prefix in _EDITS_BUT_READS and not _READ.match(name):
        return Control.EDITS
    if any(fnmatchcase(known, pattern) for known in _EDITS):
        return Control.EDITS
    if any(fnmatchcase(known, pattern) for known in _LEAVES):
        return Control.LEAVES
    return None
