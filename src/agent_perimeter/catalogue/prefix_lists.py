"""Ids of the AWS-managed prefix lists of the gateway endpoints, as of 2026-11-22.

A security group that lets an agent reach S3 or DynamoDB names the service's prefix list. Its id
differs by region and CloudFormation cannot look it up, so known ids are kept here (VPC user guide,
"AWS-managed prefix lists").

**A region that is missing here is unknown, not free of a list.** The setting ``prefix_lists`` must
then give the id, which the owner of the account reads with (one line)::

    aws ec2 describe-managed-prefix-lists --region REGION
      --filters Name=owner-id,Values=AWS Name=prefix-list-name,Values=com.amazonaws.REGION.s3

Sources: output of ``aws ec2 describe-prefix-lists`` with names and CIDRs, published for the fifteen
regions of 2018, compared with constants in an AWS team's CDK code and, region by region, with other
accounts' output. Every id has two sources, except DynamoDB in sa-east-1, which has that output alone.
Ids that only one secondary source gives (S3 in eu-south-2) are left out.

Ids are not unique: ``pl-6ea54007`` is S3 in eu-central-1 and DynamoDB in us-west-1. A wrong row may
therefore deploy without an error and open another service, which is why nothing is guessed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PREFIX_LISTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "dynamodb": MappingProxyType(
            {
                "ap-northeast-1": "pl-78a54011",
                "ap-northeast-2": "pl-48a54021",
                "ap-south-1": "pl-66a7420f",
                "ap-southeast-1": "pl-67a5400e",
                "ap-southeast-2": "pl-62a5400b",
                "ca-central-1": "pl-4ea54027",
                "eu-central-1": "pl-66a5400f",
                "eu-north-1": "pl-adae4bc4",
                "eu-west-1": "pl-6fa54006",
                "eu-west-2": "pl-b3a742da",
                "eu-west-3": "pl-abb451c2",
                "sa-east-1": "pl-60a54009",
                "us-east-1": "pl-02cd2c6b",
                "us-east-2": "pl-4ca54025",
                "us-west-1": "pl-6ea54007",
                "us-west-2": "pl-00a54069",
            }
        ),
        "s3": MappingProxyType(
            {
                "ap-northeast-1": "pl-61a54008",
                "ap-northeast-2": "pl-78a54011",
                "ap-northeast-3": "pl-a4a540cd",
                "ap-south-1": "pl-78a54011",
                "ap-southeast-1": "pl-6fa54006",
                "ap-southeast-2": "pl-6ca54005",
                "ca-central-1": "pl-7da54014",
                "eu-central-1": "pl-6ea54007",
                "eu-north-1": "pl-c3aa4faa",
                "eu-west-1": "pl-6da54004",
                "eu-west-2": "pl-7ca54015",
                "eu-west-3": "pl-23ad484a",
                "sa-east-1": "pl-6aa54003",
                "us-east-1": "pl-63a5400a",
                "us-east-2": "pl-7ba54012",
                "us-west-1": "pl-6ba54002",
                "us-west-2": "pl-68a54001",
            }
        ),
    }
)
"""Prefix list id by endpoint service and region."""
