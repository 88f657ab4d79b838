"""Somebody at the console of a deployed perimeter opens it, or hides that it was opened; and the life around it goes on.

Each row is what an account answers after one change, made in the answers of an untouched perimeter that stood in the
local AWS (``tests/fixtures/snapshots/filtered.snapshot.json``, of ``tests/mutations/subjects``). The first table is of
changes that must be told, with the words that tell them; the second of changes that are nobody's business.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agent_perimeter.drift.check import check
from agent_perimeter.drift.model import Drift, Meaning
from agent_perimeter.files import read_policies
from agent_perimeter.observed import ObservedNetwork
from agent_perimeter.policy.load import load_perimeter
from agent_perimeter.policy.model import Policy
from agent_perimeter.snapshot import read_snapshot
from agent_perimeter.verdict import Status
from agent_perimeter.verification import lifted

ROOT = Path(__file__).parents[1]
SUBJECT = ROOT / "mutations/subjects/filtered.template.json"
SNAPSHOT = ROOT / "fixtures/snapshots/filtered.snapshot.json"
TODAY = date(2026, 11, 22)
OTHER = "999999999999"
OPEN = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'

Answers = dict[str, Any]


@cache
def untouched() -> str:
    return SNAPSHOT.read_text(encoding="utf-8")


@cache
def expected() -> ObservedNetwork:
    return lifted([str(SUBJECT)], lambda path: Path(path).read_bytes() if Path(path).is_file() else None).network


@cache
def policies() -> tuple[Policy, ...]:
    found, findings = load_perimeter(read_policies([SUBJECT.parent / "filtered"]))
    assert not [one for one in findings if one.is_error]
    return tuple(found)


class Account:
    """The answers of the untouched perimeter, to be edited in place as AWS would answer after a change."""

    def __init__(self) -> None:
        self.document: Answers = json.loads(untouched())
        self.vpc: str = self.document["vpc"]
        self.own: str = self.document["account"]
        self.subnets = {self._tag(one): one for one in self.listed("ec2:DescribeSubnets")}
        self.groups = {self._tag(one): one for one in self.listed("ec2:DescribeSecurityGroups")}
        self.endpoints = {one["VpcEndpointType"]: one for one in self.listed("ec2:DescribeVpcEndpoints")}
        self.nat: str = self.listed("ec2:DescribeNatGateways")[0]["NatGatewayId"]
        self.allow, self.deny = (
            one["result"]["RuleGroup"]["RulesSource"] for one in self._all("network-firewall:DescribeRuleGroup")
        )
        self.firewall = self.answer("network-firewall:DescribeFirewall")
        self.policy = self.answer("network-firewall:DescribeFirewallPolicy")["FirewallPolicy"]
        self.dns_rules = self.listed("route53resolver:ListFirewallRules")

    @staticmethod
    def _tag(item: Answers) -> str:
        """Whose it is, else its role."""
        tags = {one["Key"].rpartition(":")[2]: one["Value"] for one in item["Tags"]}
        return str(tags.get("agent") or tags.get("role") or item.get("GroupName"))

    def _all(self, call: str) -> list[Answers]:
        service, operation = call.split(":")
        return [one for one in self.document["answers"] if (one["service"], one["operation"]) == (service, operation)]

    def answer(self, call: str, **about: str) -> Answers:
        """The result of a call, or of the one with some parameters."""
        found: Answers = next(one["result"] for one in self._all(call) if about.items() <= one["parameters"].items())
        return found

    def listed(self, call: str) -> list[Answers]:
        """The items of a call that lists something."""
        return next(value for value in self.answer(call).values() if isinstance(value, list))

    def answers(self, call: str, parameters: Answers, result: Answers) -> None:
        """One more call."""
        service, operation = call.split(":")
        more = {"service": service, "operation": operation, "parameters": parameters, "result": result}
        self.document["answers"].append(more)

    def table(self, of: str = "reader") -> Answers:
        """The route table of an agent's subnet."""
        subnet = self.subnets[of]["SubnetId"]
        tables = self.listed("ec2:DescribeRouteTables")
        return next(one for one in tables if any(tie.get("SubnetId") == subnet for tie in one["Associations"]))

    def boundary(self) -> tuple[str, Answers]:
        """The ARN of the reader's boundary, and its document."""
        calls = self._all("iam:GetPolicyVersion")
        found = next(one for one in calls if "boundaryreader" in one["parameters"]["PolicyArn"])
        return found["parameters"]["PolicyArn"], found["result"]["PolicyVersion"]["Document"]

    def interface(self, **written: Any) -> Answers:
        """An interface in the reader's subnet, with its group."""
        made = {
            "NetworkInterfaceId": "eni-0aaaaaaaaaaaaaaa1",
            "SubnetId": self.subnets["reader"]["SubnetId"],
            "VpcId": self.vpc,
            "OwnerId": self.own,
            "Description": "",
            "InterfaceType": "interface",
            "RequesterManaged": False,
            "SourceDestCheck": True,
            "Status": "in-use",
            "Groups": [{"GroupId": self.groups["reader"]["GroupId"], "GroupName": "reader"}],
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.42.59.135", "Primary": True}],
            "Ipv6Addresses": [],
            "TagSet": [],
            **written,
        }
        self.listed("ec2:DescribeNetworkInterfaces").append(made)
        return made

    def instance(self, boundary: str | None, **written: Any) -> Answers:
        """A running instance of the reader, with a role."""
        name = "i-0aaaaaaaaaaaaaaa1"
        attached = {"InstanceId": name, "InstanceOwnerId": self.own, "Status": "attached", "DeviceIndex": 0}
        self.interface(Attachment={"AttachmentId": "eni-attach-1", **attached})
        arn = f"arn:aws:iam::{self.own}:instance-profile/p"
        machine: Answers = {
            "InstanceId": name,
            "VpcId": self.vpc,
            "SubnetId": self.subnets["reader"]["SubnetId"],
            "State": {"Name": "running"},
            "IamInstanceProfile": {"Arn": arn},
            **written,
        }
        self.answers("ec2:DescribeInstances", {}, {"Reservations": [{"OwnerId": self.own, "Instances": [machine]}]})
        profile = {"Arn": arn, "Roles": [{"RoleName": "it"}]}
        self.answers("iam:GetInstanceProfile", {"InstanceProfileName": "p"}, {"InstanceProfile": profile})
        self._role("it", boundary)
        return machine

    def function(self, name: str, boundary: str | None) -> None:
        """A function in the reader's subnet."""
        self.interface(
            InterfaceType="lambda",
            RequesterManaged=True,
            Description=f"AWS Lambda VPC ENI-{name}-4e1d0b42-8f0c-4c7e-9d3f-0a1b2c3d4e5f",
            Attachment={"InstanceOwnerId": "amazon-aws", "Status": "attached", "DeviceIndex": 1},
        )
        seat = {"SubnetIds": [self.subnets["reader"]["SubnetId"]], "SecurityGroupIds": [], "VpcId": self.vpc}
        listed = {"FunctionName": name, "Role": f"arn:aws:iam::{self.own}:role/it", "VpcConfig": seat}
        self.answers("lambda:ListFunctions", {}, {"Functions": [listed]})
        self._role("it", boundary)

    def _role(self, name: str, boundary: str | None) -> None:
        capped = {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}
        role = {"RoleName": name, "Arn": f"arn:aws:iam::{self.own}:role/{name}", "Tags": [], **capped}
        self.answers("iam:GetRole", {"RoleName": name}, {"Role": role})
        if boundary:
            self.answer("iam:ListEntitiesForPolicy", PolicyArn=boundary)["PolicyRoles"].append({"RoleName": name})

    def endpoint(self, **written: Any) -> None:
        """One more endpoint, like the interface endpoint that is there."""
        interface = "eni-0bbbbbbbbbbbbbbb1"
        made = copy.deepcopy(self.endpoints["Interface"])
        made |= {"VpcEndpointId": "vpce-0bbbbbbbbbbbbbbb1", "NetworkInterfaceIds": [interface], "Tags": [], **written}
        self.listed("ec2:DescribeVpcEndpoints").append(made)
        self.interface(
            NetworkInterfaceId=interface,
            SubnetId=made["SubnetIds"][0],
            Groups=made["Groups"],
            RequesterManaged=True,
            InterfaceType="vpc_endpoint",
            Description=f"VPC Endpoint Interface {made['VpcEndpointId']}",
        )

    def judged(self) -> Drift:
        snapshot = read_snapshot(json.dumps(self.document).encode(), "snapshot")
        return check(snapshot, expected(), policies(), TODAY, source="filtered")


Edit = Callable[[Account], object]


@dataclass(frozen=True)
class Deception:
    """A change, the worst that must be said of it, and words that the sentence or its reasons must hold."""

    edit: Edit
    meaning: Meaning
    says: str


def line(rules: Answers, number: int, change: Callable[[str], str]) -> None:
    """Change one line of rules."""
    lines = rules["RulesString"].split("\n")
    lines[number] = change(lines[number])
    rules["RulesString"] = "\n".join(lines)


def hide_behind_a_comment(end: str) -> Edit:
    return lambda it: line(it.deny, 0, lambda rule: f"# why{end}{rule}")


def deny(call: str, then: Edit) -> Edit:
    """A permission is taken from the watch, and then something is changed of the same kind."""

    def edit(it: Account) -> None:
        service, operation = call.split(":")
        refused = {"service": service, "operation": operation, "parameters": {}, "permission": call}
        it.document["answers"] = [one for one in it.document["answers"] if one["operation"] != operation]
        it.document["unread"].append(refused | {"code": "AccessDenied", "message": "no"})
        then(it)

    return edit


def put_first(rule: str) -> Edit:
    return lambda it: it.allow.update(RulesString=f"{rule}\n{it.allow['RulesString']}")


def route(**target: str) -> Edit:
    there = {"DestinationCidrBlock": "203.0.113.0/24", "Origin": "CreateRoute", "State": "active"}
    return lambda it: it.table()["Routes"].append(there | target)


def gateway(it: Account) -> None:
    attached = {"State": "available", "VpcId": it.vpc}
    it.listed("ec2:DescribeInternetGateways").append(
        {"InternetGatewayId": "igw-0bad", "Attachments": [attached], "Tags": []}
    )


def unprotected(it: Account) -> None:
    it.firewall["Firewall"]["DeleteProtection"] = False


def borrowed_group(it: Account) -> None:
    """An interface with a group of another account makes the list of groups contradict it; and a rule is added."""
    it.interface(Groups=[{"GroupId": "sg-0shared", "GroupName": "x"}], SubnetId=it.subnets["egress"]["SubnetId"])
    it.groups["reader"]["IpPermissionsEgress"].append({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})


def query_log(it: Account) -> Answers:
    found: Answers = it.answer("route53resolver:GetResolverQueryLogConfig")["ResolverQueryLogConfig"]
    return found


def elsewhere(it: Account) -> None:
    """A flow log to a group of the same name, of somebody else."""
    log = it.listed("ec2:DescribeFlowLogs")[0]
    log["LogDestination"] = f"arn:aws:logs:us-east-1:{OTHER}:log-group:{log.pop('LogGroupName')}"


def balancer_called_like_a_gateway(it: Account) -> None:
    it.interface(
        Description=f"ELB net/{it.nat}/50dc6c495c0c9188",
        InterfaceType="network_load_balancer",
        RequesterManaged=True,
        SubnetId=it.subnets["egress"]["SubnetId"],
        Association={"PublicIp": "198.51.100.7", "IpOwnerId": "amazon-elb"},
    )


def function_called_like_an_endpoint(it: Account) -> None:
    it.function(it.endpoints["Interface"]["VpcEndpointId"], it.boundary()[0])
    it.listed("ec2:DescribeNetworkInterfaces")[-1]["SubnetId"] = it.subnets["egress"]["SubnetId"]


def instance_of_another_account(it: Account) -> None:
    it.interface(Attachment={"InstanceId": "i-0bad", "InstanceOwnerId": OTHER, "Status": "attached"})


def interface_of_another_vpc(it: Account) -> None:
    own = {"NetworkInterfaceId": "eni-0aaaaaaaaaaaaaaa1", "VpcId": it.vpc}
    it.instance(it.boundary()[0], NetworkInterfaces=[own, {"NetworkInterfaceId": "eni-09", "VpcId": "vpc-09"}])


def open_list_by_a_trusted_name(it: Account) -> None:
    """A prefix list of another account, called like AWS's own."""
    it.groups["reader"]["IpPermissionsEgress"].append(
        {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-0bad"}]}
    )
    named = {"PrefixListId": "pl-0bad", "PrefixListName": "com.amazonaws.us-east-1.s3", "OwnerId": OTHER}
    it.listed("ec2:DescribeManagedPrefixLists").append(named | {"State": "create-complete"})
    entries = {"Entries": [{"Cidr": "0.0.0.0/1"}, {"Cidr": "128.0.0.0/1"}]}
    it.answers("ec2:GetManagedPrefixListEntries", {"PrefixListId": "pl-0bad"}, entries)


def decoy(it: Account) -> None:
    """The tags stand on another VPC, of which everything is right."""
    text = json.dumps(it.document).replace(it.vpc, "vpc-0decoy")
    it.document = json.loads(text)
    for one in it.listed("cloudformation:ListStackResources"):
        if one["PhysicalResourceId"] == "vpc-0decoy":
            one["PhysicalResourceId"] = it.vpc


def statement_twice(it: Account) -> None:
    endpoint = it.endpoints["Interface"]
    endpoint["PolicyDocument"] = OPEN[:-1] + ", " + endpoint["PolicyDocument"].strip()[1:]


def another_version(it: Account) -> None:
    arn, document = it.boundary()
    it.answer("iam:GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] = "v2"
    opened = copy.deepcopy(document)
    opened["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    result = {"PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": True, "Document": opened}}
    it.answers("iam:GetPolicyVersion", {"PolicyArn": arn, "VersionId": "v2"}, result)


def if_it_says(it: Account) -> None:
    """``StringEquals`` becomes ``ForAllValues:StringEquals``, which holds where there is no value."""
    for statement in it.boundary()[1]["Statement"]:
        if "StringEquals" in statement["Condition"]:
            statement["Condition"] = {"ForAllValues:StringEquals": statement["Condition"]["StringEquals"]}


def validation(**written: object) -> Edit:
    return lambda it: it.policy["Route53ResolvedIPValidation"].update(written)


def variable(name: str, block: str) -> Edit:
    return lambda it: it.policy["PolicyVariables"]["RuleVariables"].update({name: {"Definition": [block]}})


def out_of_step(it: Account) -> None:
    it.firewall["FirewallStatus"]["ConfigurationSyncStateSummary"] = "PENDING"


def errors(it: Account) -> None:
    code = {"Code": "ROUTE53_RESOLVED_IP_VALIDATION_MISSING", "Message": "inactive", "ResourceId": "x"}
    it.answer("network-firewall:DescribeFirewallPolicy")["FirewallPolicyResponse"]["Errors"] = [code]


def sureness(it: Account) -> None:
    (rule,) = (one for one in it.dns_rules if one.get("DnsThreatProtection") == "DNS_TUNNELING")
    rule["ConfidenceThreshold"] = "HIGH"


def group_before(it: Account) -> None:
    """A second DNS group, asked first, with one rule that allows what ours blocks."""
    ties = it.listed("route53resolver:ListFirewallRuleGroupAssociations")
    ties.append(ties[0] | {"Id": "rslvr-frgassoc-0bad", "FirewallRuleGroupId": "rslvr-frg-0bad", "Priority": 50})
    everything = next(one for one in it.dns_rules if one["Priority"] == max(one["Priority"] for one in it.dns_rules))
    rule = everything | {"Action": "ALLOW", "FirewallRuleGroupId": "rslvr-frg-0bad"}
    about = {"FirewallRuleGroupId": "rslvr-frg-0bad"}
    it.answers("route53resolver:ListFirewallRules", about, {"FirewallRules": [rule]})


DECEPTIONS: dict[str, Deception] = {
    # What looks like AWS's own.
    "a load balancer is called like a NAT gateway": Deception(
        balancer_called_like_a_gateway, Meaning.WEAKENS, "no agent's own workload"
    ),
    "a function outside of the agent's subnets is called like an endpoint": Deception(
        function_called_like_an_endpoint, Meaning.WEAKENS, "no agent's own workload"
    ),
    "a prefix list of another account is called like AWS's": Deception(
        open_list_by_a_trusted_name, Meaning.WEAKENS, "egress all traffic to pl-0bad was added"
    ),
    # What looks like a workload.
    "an interface of the agent is attached in another account": Deception(
        instance_of_another_account, Meaning.UNCLEAR, f"account {OTHER} holds eni-0a"
    ),
    "an interface of the agent belongs to another account": Deception(
        lambda it: it.interface(OwnerId=OTHER), Meaning.UNCLEAR, f"account {OTHER} holds eni-0a"
    ),
    "an instance of the agent has an interface of another VPC": Deception(
        interface_of_another_vpc, Meaning.UNCLEAR, "stands in vpc-09 too"
    ),
    "an instance of the agent forwards": Deception(
        lambda it: it.interface(SourceDestCheck=False), Meaning.WEAKENS, "no agent's own workload"
    ),
    "a second address of a workload is public": Deception(
        lambda it: it.interface(PrivateIpAddresses=[{"Primary": True}, {"Association": {"PublicIp": "198.51.100.7"}}]),
        Meaning.WEAKENS,
        "with a public address",
    ),
    "an instance runs without the boundary": Deception(
        lambda it: it.instance(None), Meaning.WIDENS, "IAM role it was added"
    ),
    "a function runs without the boundary": Deception(
        lambda it: it.function("f", None), Meaning.WIDENS, "IAM role it was added"
    ),
    # Rules that one reader reads otherwise than another.
    "a rule behind a comment that ends for Unicode alone": Deception(
        hide_behind_a_comment("\u2028"), Meaning.UNCLEAR, r"the character '\\u2028'"
    ),
    "a rule behind a comment that ends with a form feed": Deception(
        hide_behind_a_comment("\f"), Meaning.UNCLEAR, r"the character '\\x0c'"
    ),
    "a rule with a blank before it, which Suricata passes over": Deception(
        lambda it: line(it.deny, 0, lambda rule: f" {rule}"), Meaning.UNCLEAR, "a blank stands before it"
    ),
    "a rule at the end of a comment that is too long to be read at once": Deception(
        put_first(f"#{'x' * 8190}pass ip any any -> any any (sid:1;)"), Meaning.UNCLEAR, "more than 8190 bytes"
    ),
    "a rule in plain sight": Deception(
        put_first("pass ip any any -> any any (sid:1;)"), Meaning.WIDENS, r"with pass ip any any"
    ),
    "a rule that drops and tells nobody": Deception(
        lambda it: line(it.deny, 0, lambda rule: rule.replace("; sid", "; noalert; sid")),
        Meaning.WEAKENS,
        "what a rule decides leaves no trace",
    ),
    "a rule that lets pass and tells nobody any more": Deception(
        lambda it: line(it.allow, 0, lambda rule: rule.replace("; alert;", ";")),
        Meaning.WEAKENS,
        "what a rule decides leaves no trace",
    ),
    # The firewall around its rules.
    "addresses pass whose resolution has expired": Deception(
        validation(DNSExpiryExceptionPolicy="CONTINUE"), Meaning.WEAKENS, "may be another's by now"
    ),
    "resolved-IP validation passes over every destination": Deception(
        validation(BypassDestinationValidationIPRanges=[{"AddressDefinition": "0.0.0.0/0"}]), Meaning.WIDENS, "bypass"
    ),
    "resolved-IP validation only reports": Deception(validation(Action="ALERT"), Meaning.WIDENS, "action ALERT"),
    "the policy redefines what is outside": Deception(
        variable("EXTERNAL_NET", "203.0.113.0/28"), Meaning.UNCLEAR, "variable EXTERNAL_NET"
    ),
    "the policy redefines what is inside": Deception(
        variable("HOME_NET", "10.42.59.128/27"), Meaning.WEAKENS, "HOME_NET is 10.42.59.128/27"
    ),
    "the firewall enforces something else for now": Deception(out_of_step, Meaning.UNCLEAR, "PENDING"),
    "the firewall's policy has errors": Deception(errors, Meaning.UNCLEAR, "AWS reports errors in this policy"),
    # Ways around it.
    "a way into a core network": Deception(
        route(CoreNetworkArn="arn:aws:networkmanager::1:core-network/c"), Meaning.UNCLEAR, "core network"
    ),
    "a way to an address that a route server gave": Deception(
        route(IpAddress="10.42.1.1"), Meaning.UNCLEAR, "of no kind that is known"
    ),
    "a way into a service network": Deception(route(GatewayId="VpcLattice"), Meaning.UNCLEAR, "VpcLattice"),
    "a second endpoint of an allowed service, without a policy and a name": Deception(
        lambda it: it.endpoint(PolicyDocument=OPEN, PrivateDnsEnabled=False), Meaning.WIDENS, "was added"
    ),
    "an endpoint's policy with Statement twice": Deception(
        statement_twice, Meaning.UNCLEAR, "a member stands twice in it"
    ),
    "another version of a boundary is the default": Deception(another_version, Meaning.WIDENS, r"Allow \* on \*"),
    "a boundary's condition that holds without a value": Deception(if_it_says, Meaning.WIDENS, "IAM boundary"),
    # Behind what could not be read.
    "an internet gateway, while carrier gateways are not read": Deception(
        deny("ec2:DescribeCarrierGateways", gateway), Meaning.WEAKENS, "igw-0bad was added"
    ),
    "a firewall without protection, while its associations are not read": Deception(
        deny("network-firewall:ListVpcEndpointAssociations", unprotected), Meaning.WEAKENS, "delete protection is off"
    ),
    "a rule, while the list of groups is contradicted": Deception(
        borrowed_group, Meaning.WEAKENS, r"egress all traffic to 0\.0\.0\.0/0 was added"
    ),
    # DNS.
    "a threat must be surer than before": Deception(sureness, Meaning.WEAKENS, "confidence is HIGH, was MEDIUM"),
    "a DNS group before ours": Deception(group_before, Meaning.WIDENS, "association rslvr-frg-0bad was added"),
    # Traces.
    "a flow log that AWS cannot deliver": Deception(
        lambda it: it.listed("ec2:DescribeFlowLogs")[0].update(DeliverLogsStatus="FAILED"),
        Meaning.WEAKENS,
        "nowhere: its state is FAILED",
    ),
    "a flow log to a group of the same name, in another account": Deception(elsewhere, Meaning.WEAKENS, OTHER),
    "a query log whose destination is gone": Deception(
        lambda it: it.listed("route53resolver:ListResolverQueryLogConfigAssociations")[0].update(
            Error="DESTINATION_NOT_FOUND"
        ),
        Meaning.WEAKENS,
        "nowhere: its state is DESTINATION_NOT_FOUND",
    ),
    "a query log of another account": Deception(
        lambda it: query_log(it).update(DestinationArn=query_log(it)["DestinationArn"].replace(it.own, OTHER)),
        Meaning.WEAKENS,
        OTHER,
    ),
}


def said(drift: Drift, meaning: Meaning) -> Iterator[str]:
    for one in drift.departures:
        if one.meaning is meaning:
            yield one.sentence
            yield from map(str, one.doubts)


@pytest.mark.parametrize("case", DECEPTIONS.values(), ids=DECEPTIONS)
def test_what_is_opened_or_hidden_is_told(case: Deception) -> None:
    account = Account()
    case.edit(account)
    drift = account.judged()
    worst = next((one.meaning for one in drift.departures), None)
    assert worst is case.meaning
    assert [one for one in said(drift, worst) if re.search(case.says, one)]
    assert drift.status is not Status.PROVEN
    if worst is Meaning.WIDENS:
        assert all(one.gaps for one in drift.departures if one.meaning is worst)


def test_a_decoy_with_the_tags_of_the_perimeter_is_never_clean() -> None:
    account = Account()
    decoy(account)
    drift = account.judged()
    assert drift.status is not Status.PROVEN
    assert "what was deployed could not be found in vpc-0decoy" in map(str, drift.unread)


def each(value: object) -> Iterator[Answers]:
    """Every object within an answer."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from each(item)


def reorder(it: Account) -> None:
    """AWS promises no order of what it lists."""
    for answer in it.document["answers"]:
        for one in each(answer["result"]):
            for value in one.values():
                if isinstance(value, list):
                    value.reverse()


def describe(it: Account) -> None:
    for answer in it.document["answers"]:
        for one in each(answer["result"]):
            one |= {name: "something else" for name in ("Description", "Sid") if name in one}


def tag(it: Account) -> None:
    for answer in it.document["answers"]:
        for one in each(answer["result"]):
            for name in one.keys() & {"Tags", "TagSet"}:
                one[name].append({"Key": "cost-center", "Value": "7"})


def grow(it: Account) -> None:
    """Members that AWS may invent tomorrow."""
    for answer in it.document["answers"]:
        if answer["service"] != "iam":
            for one in list(each(answer["result"])):
                # A map has no members: its keys are names of somebody's.
                if not one.keys() & {"us-east-1a", "HOME_NET", "AGENT_READER"}:
                    one["Novelty"] = {"State": "default"}


def respell(it: Account) -> None:
    """Names in upper case, policies with other blanks, rules with comments and another line end."""
    for answer in it.document["answers"]:
        if answer["operation"] == "ListFirewallDomains":
            answer["result"]["Domains"] = [one.upper().removesuffix(".") for one in answer["result"]["Domains"]]
    for endpoint in it.listed("ec2:DescribeVpcEndpoints"):
        if "PolicyDocument" in endpoint:
            endpoint["PolicyDocument"] = json.dumps(json.loads(endpoint["PolicyDocument"]), indent=4)
    it.deny["RulesString"] = "# why\r\n\r\n" + it.deny["RulesString"].replace("\n", "\r\n")


def task(it: Account) -> None:
    it.interface(
        Description=f"arn:aws:ecs:us-east-1:{it.own}:attachment/0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f",
        RequesterManaged=True,
        Attachment={"InstanceOwnerId": "578734482556", "Status": "attached", "DeviceIndex": 1},
    )


def company(it: Account) -> None:
    """What else an account has: a group that nobody bears, one more log, a zone of AWS's own, other stacks."""
    it.listed("ec2:DescribeSecurityGroups").append(
        it.groups["reader"] | {"GroupId": "sg-0c", "GroupName": "unused", "Tags": []}
    )
    log = it.listed("ec2:DescribeFlowLogs")[0]
    more = log | {"FlowLogId": "fl-0c", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::security"}
    it.listed("ec2:DescribeFlowLogs").append({name: more[name] for name in more if name != "LogGroupName"})
    zone = {
        "HostedZoneId": "Z0C",
        "Name": "s3.us-east-1.amazonaws.com.",
        "Owner": {"OwningService": "vpce.amazonaws.com"},
    }
    it.listed("route53:ListHostedZonesByVPC").append(zone)
    it.listed("cloudformation:DescribeStacks")[0]["StackStatus"] = "UPDATE_COMPLETE"


def replace_an_address(it: Account) -> None:
    it.listed("ec2:DescribeNatGateways")[0]["NatGatewayAddresses"][0]["PublicIp"] = "198.51.100.7"
    for one in it.listed("ec2:DescribeNetworkInterfaces"):
        if "Association" in one:
            one["Association"]["PublicIp"] = "198.51.100.7"


HARMLESS: dict[str, Edit] = {
    "nothing": str,
    "lists in another order": reorder,
    "other descriptions": describe,
    "a tag on everything": tag,
    "members that AWS invents tomorrow": grow,
    "other spellings": respell,
    "an instance of the agent starts": lambda it: it.instance(it.boundary()[0]),
    "a function of the agent, with ids of somebody's in its name": lambda it: it.function(
        "my-vpc-1-nat-2-i-3", it.boundary()[0]
    ),
    "a task of the agent starts": task,
    "what else an account has": company,
    "a NAT gateway has another address": replace_an_address,
}


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless_is_clean(edit: Edit) -> None:
    account = Account()
    edit(account)
    drift = account.judged()
    assert [one.sentence for one in drift.departures if one.meaning is not Meaning.COSMETIC] == []
    assert drift.unread == ()
    assert drift.status is Status.PROVEN
