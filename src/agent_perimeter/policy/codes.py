"""Every finding about a policy file, in one table: AP0xx the file, AP1xx refused, AP2xx warned about."""

from __future__ import annotations

from agent_perimeter.finding import Severity, code

# AP0xx: what the file says cannot be read as a policy.
TOO_LARGE = code(
    "AP001",
    "file-too-large",
    Severity.ERROR,
    "The file is larger than 1 MiB",
    "A policy of 2,000 names takes about 100 kB. A larger file is no policy that a person can review, so it is "
    "not parsed.",
)
NOT_UTF8 = code(
    "AP002",
    "not-utf-8",
    Severity.ERROR,
    "The file is not UTF-8",
    "Policies are UTF-8 text, with or without a byte order mark. Any other encoding would be guesswork.",
)
FORBIDDEN_CHARACTER = code(
    "AP003",
    "forbidden-character",
    Severity.ERROR,
    "The file holds a character that cannot be seen",
    "Control characters, Unicode line separators and bidirectional overrides can make a file show one thing and "
    "mean another (CVE-2021-42574), so none of them may stand in a policy, not even in a comment.",
)
SYNTAX = code(
    "AP004",
    "syntax",
    Severity.ERROR,
    "The file cannot be parsed",
    "The text is not well-formed YAML (or JSON, for cdk.json). Nothing after the named place was read.",
)
SEVERAL_DOCUMENTS = code(
    "AP005",
    "several-documents",
    Severity.ERROR,
    "The file holds several YAML documents",
    "One file is one agent. Readers differ in which document they take, so a second one is refused.",
)
TOO_DEEP = code(
    "AP006",
    "too-deep",
    Severity.ERROR,
    "The file is nested more than 64 levels deep",
    "No policy needs more than eight levels. Deep nesting is how parsers are exhausted.",
)
ALIAS = code(
    "AP007",
    "alias-expansion",
    Severity.ERROR,
    "The file's aliases recurse or expand to more than 10,000 nodes",
    "Aliases that contain aliases grow exponentially (the billion laughs). Write repeated parts out.",
)
TAG = code(
    "AP008",
    "yaml-tag",
    Severity.ERROR,
    "A YAML tag stands inside the policy",
    "Tags make some readers build objects or change a value's type. A policy has only text, numbers, lists and "
    "mappings.",
)
MERGE_KEY = code(
    "AP009",
    "merge-key",
    Severity.ERROR,
    "A merge key `<<` stands inside the policy",
    "Merge keys are not in YAML 1.2; some readers merge, others see a key called `<<`. Write the keys out.",
)
DUPLICATE_KEY = code(
    "AP010",
    "duplicate-key",
    Severity.ERROR,
    "A key is written twice in one mapping",
    "Readers differ in which of the two wins, so the file would mean different things to the agent and to the "
    "perimeter.",
)
BAD_KEY = code(
    "AP011",
    "bad-key",
    Severity.ERROR,
    "A key is not plain text",
    "Keys of the policy are words; lists, mappings and empty keys are not.",
)
UNKNOWN_KEY = code(
    "AP012",
    "unknown-key",
    Severity.ERROR,
    "A key is not part of the policy language",
    "A misspelt key that is silently ignored is a rule that silently does not hold.",
)
MISSING_KEY = code(
    "AP013",
    "missing-key",
    Severity.ERROR,
    "A required key is missing",
    "The policy language has no default that allows something, so what is required must be written.",
)
WRONG_TYPE = code(
    "AP014",
    "wrong-type",
    Severity.ERROR,
    "A value has the wrong type",
    "Plain scalars follow the YAML 1.2 core schema: true and false are booleans, decimal digits are numbers, a "
    "quoted value is text.",
)
BAD_VALUE = code(
    "AP015",
    "bad-value",
    Severity.ERROR,
    "A value is outside what is allowed",
    "The value has the right type but is not one of the values, lengths or ranges that the key takes.",
)
INDENTATION_LOST = code(
    "AP016",
    "indentation-lost",
    Severity.ERROR,
    "The indentation of the network policy was lost",
    "Copying from a web page or a chat often strips leading spaces. YAML then reads the policy as empty and its "
    "rules as keys of the runtime. The text is indented again by the known grammar and judged, but the file "
    "itself must be corrected.",
)
AGENT_NAME = code(
    "AP017",
    "agent-name",
    Severity.ERROR,
    "The agent's name cannot be used",
    "The name becomes part of tags, IAM names and firewall variables: a small letter first, then at most 23 small "
    "letters, digits or hyphens, and no hyphen last. Where the file has no `agent` key, the name is the file's "
    "stem.",
)
DUPLICATE_AGENT = code(
    "AP018",
    "duplicate-agent",
    Severity.ERROR,
    "Two files describe one agent",
    "One file is one agent. Two files of one name would be merged or one of them lost, and neither is what was "
    "written.",
)
BAD_DOMAIN = code(
    "AP019",
    "bad-domain",
    Severity.ERROR,
    "This is not a domain name",
    "A domain is a host name only, without scheme, port or path (RFC 1035, RFC 5890).",
)
BAD_BLOCK = code(
    "AP020",
    "bad-block",
    Severity.ERROR,
    "This is not an IP block",
    "Blocks are written in CIDR notation, such as 198.51.100.0/24. A bare address means that address alone.",
)
HOST_BITS = code(
    "AP021",
    "host-bits",
    Severity.ERROR,
    "The block has host bits set",
    "10.1.2.3/8 may mean one address or sixteen million. Write the network that is meant.",
)
BAD_PORTS = code(
    "AP022",
    "bad-ports",
    Severity.ERROR,
    "The port range is reversed",
    "`end_port` is the last port of the range and may not be smaller than `port`.",
)
BAD_DATE = code(
    "AP023",
    "bad-date",
    Severity.ERROR,
    "This is not a date",
    "Dates are written as YYYY-MM-DD (RFC 3339, full-date). The rule holds until the end of that day.",
)
UNKNOWN_SERVICE = code(
    "AP024",
    "unknown-service",
    Severity.ERROR,
    "This AWS service is not known",
    "`aws_service` names a service as its VPC endpoint does, for example s3, dynamodb or bedrock-runtime.",
)
BAD_ACTION = code(
    "AP025",
    "bad-action",
    Severity.ERROR,
    "This is not an action of the service",
    "Actions are written as in IAM, `prefix:Action`, and the prefix must be one that the service uses.",
)
BAD_RESOURCE = code(
    "AP026",
    "bad-resource",
    Severity.ERROR,
    "This is not an ARN",
    "Resources are ARNs, arn:partition:service:region:account:resource, in which * may stand for any text.",
)
RULE_KIND = code(
    "AP027",
    "rule-kind",
    Severity.ERROR,
    "A rule must name exactly one kind of destination",
    "Each entry of `egress` has one of `domain`, `ip_block` and `aws_service`.",
)
KEY_OF_OTHER_RULE = code(
    "AP028",
    "key-of-other-rule",
    Severity.ERROR,
    "A key has no meaning for this kind of rule",
    "For example, `except` belongs to `ip_block`, `addresses` to `domain`, and `actions` to `aws_service`.",
)
HOLE_OUTSIDE = code(
    "AP029",
    "hole-outside",
    Severity.ERROR,
    "An exception lies outside its block",
    "`except` cuts holes into `ip_block`. A hole outside the block has no effect, so something else was meant.",
)
BAD_ACCEPTANCE = code(
    "AP030",
    "bad-acceptance",
    Severity.ERROR,
    "This cannot be accepted",
    "`accept` takes the codes of warnings (AP2xx), each with a written reason. Errors cannot be accepted.",
)
UDP_DOMAIN = code(
    "AP031",
    "udp-domain",
    Severity.ERROR,
    "A domain cannot be reached over UDP",
    "Nothing in a UDP packet names the destination in a way that the firewall can hold to (QUIC hides it), so all "
    "UDP to names is dropped. Name the addresses with `ip_block` where UDP is really needed.",
)
BAD_IDN = code(
    "AP032",
    "bad-idn",
    Severity.ERROR,
    "This is not a valid internationalised name",
    "The name violates IDNA 2008 (RFC 5891), or one of its labels mixes scripts that no language mixes (UTS 39), "
    "which is how look-alike names are made.",
)
MISPLACED_KEY = code(
    "AP033",
    "misplaced-key",
    Severity.ERROR,
    "A key of the network policy stands outside it",
    "`egress` and `allowed_domains` mean something only below `network_policy`. At the top level nobody reads them.",
)
NORMALISED = code(
    "AP034",
    "name-normalised",
    Severity.NOTE,
    "The name was written in another form",
    "Names are compared in small letters, as A-labels and without the trailing dot. Both forms are shown.",
)
IDN = code(
    "AP035",
    "internationalised-name",
    Severity.NOTE,
    "The name is internationalised",
    "The A-label is what is matched, the Unicode form is what people see. Both are shown so that a look-alike "
    "stands out.",
)

NAMED_AFTER_FILE = code(
    "AP036",
    "named-after-file",
    Severity.NOTE,
    "The agent is named after the file, in another spelling",
    "The file's stem has capitals, underscores or dots, which an agent's name cannot have. Write `agent` to choose.",
)

# AP1xx: destinations that no perimeter should let through.
OPEN_EGRESS = code(
    "AP101",
    "open-egress",
    Severity.ERROR,
    "This is open egress",
    "The rule, or all rules of the agent together, cover a quarter or more of the public addresses of IPv4 (or of "
    "2000::/3 for IPv6). An agent that may open connections to any address can send anything to anyone; names "
    "allowed beside it then restrict nothing, because nobody enforces them.",
)
ALL_PORTS = code(
    "AP102",
    "all-ports",
    Severity.ERROR,
    "The rule allows all ports",
    "Without `ports`, or with half of all ports or more, a rule for a block of addresses allows every service "
    "that runs there.",
)
IPV6 = code(
    "AP103",
    "ipv6-destination",
    Severity.ERROR,
    "The perimeter has no IPv6",
    "The VPC has IPv4 addresses only, so that there is one path to guard. An IPv6 destination can never be reached.",
)
UNREACHABLE = code(
    "AP104",
    "special-destination",
    Severity.ERROR,
    "The destination is not on the internet",
    "Private, shared, loopback, link-local, multicast and reserved ranges (RFC 6890) are no internet "
    "destinations. The VPC has no peering; what such a rule could open is the inside of the perimeter itself.",
)
METADATA = code(
    "AP105",
    "metadata-destination",
    Severity.ERROR,
    "The destination is an instance metadata service",
    "Metadata services hand out the credentials of the role. They are never a destination of a policy.",
)
PUBLIC_SUFFIX = code(
    "AP106",
    "public-suffix",
    Severity.ERROR,
    "The name is a public suffix",
    "Below a public suffix anyone can register names (publicsuffix.org, both sections), so a wildcard there "
    "allows everyone.",
)
ANY_NAME = code(
    "AP107",
    "any-name",
    Severity.ERROR,
    "The name allows everything",
    "`*` stands for every name there is. That is open egress by name.",
)
SHARED_WILDCARD = code(
    "AP108",
    "shared-wildcard",
    Severity.ERROR,
    "The wildcard covers names of many tenants",
    "Anyone can get a name, a bucket or a function there in minutes, so the wildcard allows an attacker's as well "
    "as yours.",
)
EXFILTRATION_SITE = code(
    "AP109",
    "exfiltration-site",
    Severity.ERROR,
    "The site exists to pass anyone's traffic or text on",
    "Tunnels, webhook inspectors, paste and drop sites and public DNS-over-HTTPS resolvers carry whatever they "
    "are given to whoever asks. Allowing one of them allows everyone behind it.",
)
ADDRESS_AS_DOMAIN = code(
    "AP110",
    "address-as-domain",
    Severity.ERROR,
    "An IP address is written as a domain",
    "An address has no server name to check. Write it as `ip_block`, with its ports.",
)
LOCAL_NAME = code(
    "AP111",
    "local-name",
    Severity.ERROR,
    "The name is local",
    "Single labels and names below localhost, local, internal and the like (RFC 6761, RFC 6762) mean something "
    "else on every machine.",
)
AWS_ENDPOINT = code(
    "AP112",
    "aws-endpoint",
    Severity.ERROR,
    "The name is an AWS API endpoint",
    "Through the internet the name reaches every AWS account, an attacker's bucket included, past the endpoint "
    "policy. With `aws_service` the call goes through a VPC endpoint that is held to the actions and resources of "
    "the policy.",
)
PORT_WITHOUT_VALIDATION = code(
    "AP113",
    "port-without-validation",
    Severity.ERROR,
    "A domain on this port needs resolved-IP validation",
    "Only on ports 443 (TLS) and 80 (HTTP) do packets carry the name. On another port the address must have been "
    "resolved for the name, and the setting that checks this is off.",
)
WILDCARD_PORT = code(
    "AP114",
    "wildcard-port",
    Severity.ERROR,
    "A wildcard domain cannot be held on this port",
    "Only on ports 443 (TLS) and 80 (HTTP) do packets carry the name. Elsewhere only an exact name can be tied to "
    "its addresses.",
)
OPEN_PINS = code(
    "AP115",
    "open-pins",
    Severity.ERROR,
    "The pins cover most of the internet",
    "`addresses` narrows a name to where its service really is. Pins that cover a quarter of the public addresses "
    "narrow nothing.",
)

# AP2xx: allowed, but somebody should have thought about it. `accept` takes these codes.
WIDE_BLOCK = code(
    "AP201",
    "wide-block",
    Severity.WARNING,
    "The block is wider than a /8",
    "No single organisation holds so many addresses; the block surely belongs to many.",
)
WIDE_PORTS = code(
    "AP202",
    "wide-ports",
    Severity.WARNING,
    "The rule allows more than 1,024 ports",
    "A wide range allows services that nobody listed.",
)
PLAIN_HTTP = code(
    "AP203",
    "plain-http",
    Severity.WARNING,
    "The rule allows plain HTTP",
    "On port 80 anyone on the path can read and change the traffic, and the Host header is what the client says it is.",
)
SHARED_NAME = code(
    "AP204",
    "shared-name",
    Severity.WARNING,
    "The name belongs to a host that many tenants share",
    "Either the name itself takes uploads from anyone with an account, or its addresses serve other tenants as "
    "well. What leaves through it can end with somebody else.",
)
EXPIRED = code(
    "AP205",
    "expired",
    Severity.WARNING,
    "The rule has expired and is not built",
    "The last day in `expires` has passed. The destination is closed; remove the rule or write a new date.",
)
EXPIRES_SOON = code(
    "AP206",
    "expires-soon",
    Severity.WARNING,
    "The rule expires within 30 days",
    "After that day the next deployment closes the destination.",
)
SHADOWED = code(
    "AP207",
    "shadowed",
    Severity.WARNING,
    "The rule allows nothing that another does not allow already",
    "A rule inside a wider one suggests a restriction that does not exist.",
)
DUPLICATE = code(
    "AP208",
    "duplicate",
    Severity.WARNING,
    "The rule is written twice",
    "When one of the two is removed the destination stays open.",
)
WIDE_PINS = code(
    "AP209",
    "wide-pins",
    Severity.WARNING,
    "A pin is wider than a /16",
    "`addresses` narrows a name to where its service is; 65,536 addresses and more are rarely one service.",
)
WILDCARD_PINS = code(
    "AP210",
    "wildcard-pins",
    Severity.WARNING,
    "A wildcard is pinned to addresses",
    "Names below a wildcard come and go, and rarely keep to the same addresses; those that do not are dropped.",
)
WILDCARD_ACTION = code(
    "AP211",
    "wildcard-action",
    Severity.WARNING,
    "The action is a wildcard",
    "It grants actions that nobody listed, and those that AWS adds later.",
)
EDITS_PERIMETER = code(
    "AP116",
    "edits-perimeter",
    Severity.ERROR,
    "The action can edit the perimeter",
    "With it the agent could open its own boundary, silence the check that watches it or erase the evidence. Of the "
    "services that make up the perimeter, an agent may hold reading actions only.",
)
LEAVES_PERIMETER = code(
    "AP218",
    "leaves-perimeter",
    Severity.WARNING,
    "The action works outside the perimeter",
    "It runs code, or takes a role, that neither this network nor the agent's boundary caps. What the agent can "
    "start there can reach whatever that place can reach.",
)
WILDCARD_RESOURCE = code(
    "AP212",
    "wildcard-resource",
    Severity.WARNING,
    "The resource is a wildcard",
    "The actions are granted on every resource of the service. Some actions know no narrower resource; then say "
    "so in `accept`.",
)
UNUSED_ACCEPTANCE = code(
    "AP213",
    "unused-acceptance",
    Severity.WARNING,
    "The acceptance matches no warning",
    "What was accepted is no longer there. Left in place it would silently accept the next warning of that code.",
)
EXTERNAL_RESOLVER = code(
    "AP214",
    "external-resolver",
    Severity.WARNING,
    "The rule allows DNS past the resolver",
    "Ports 53 and 853 carry DNS. Queries to another resolver pass by DNS Firewall and can carry data out (RFC 7858).",
)
EMPTY_RULE = code(
    "AP215",
    "empty-rule",
    Severity.WARNING,
    "The rule reaches nothing",
    "Its exceptions cut out the whole block.",
)
RESOLVED_PORT = code(
    "AP216",
    "resolved-port",
    Severity.NOTE,
    "The name is held by its resolved addresses only",
    "On this port packets do not carry the name. The firewall lets through what the VPC resolver gave out for it.",
)
REACHES_NOTHING = code(
    "AP217",
    "reaches-nothing",
    Severity.NOTE,
    "The agent reaches nothing",
    "An empty policy is valid: default deny.",
)
