"""The role of a running instance. Moto exchanges it in the association, and forgets the instance."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from tests.aws.local.ec2.backend import asked_ec2
from tests.aws.local.operations import Call, operation

ec2 = operation(EC2Response)


@ec2
def replace_iam_instance_profile_association(call: Call) -> ActionResult:
    backend, profile = asked_ec2(call), call.asked["IamInstanceProfile"]
    association = backend.replace_iam_instance_profile_association(
        call.asked["AssociationId"], profile.get("Name"), profile.get("Arn")
    )
    shown = {"Arn": association.iam_instance_profile.arn, "Id": association.association_id}
    backend.modify_instance_attribute(association.instance_id, "iam_instance_profile", shown)
    return ActionResult({"IamInstanceProfileAssociation": association})
