"""Names that belong to no single tenant, with the reason why each is a way out.

A dated table of our own: the Public Suffix List says where names can be registered, this says where
traffic for one name ends with somebody else. Sources: each provider's documentation of its own host
names; for tunnels, drop sites and resolvers the lists that defenders keep (LOTS project, LOLC2,
the curl project's list of DNS-over-HTTPS servers).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

AS_OF = "2026-11-22"


class Category(StrEnum):
    """What the host is to the many that share it."""

    OBJECT_STORE = "object store"
    CLOUD = "cloud provider's domain"
    CDN = "content delivery network"
    SERVERLESS = "serverless or pages host"
    CODE_HOST = "code host"
    REGISTRY = "registry that takes uploads"
    MESSAGING = "messaging service with incoming webhooks"
    TUNNEL = "tunnel"
    WEBHOOK = "webhook inspector"
    PASTE = "paste or drop site"
    RESOLVER = "public DNS-over-HTTPS resolver"
    SHORTENER = "URL shortener"
    DYNAMIC_DNS = "dynamic DNS provider"

    @property
    def refused(self) -> bool:
        """Whether even an exact name is refused: the site does nothing but pass things on."""
        return self in _REFUSED

    @property
    def why(self) -> str:
        """What can go wrong, as the second half of a sentence."""
        return _WHY[self]


_REFUSED = frozenset({Category.TUNNEL, Category.WEBHOOK, Category.PASTE, Category.RESOLVER})

_WHY: dict[Category, str] = {
    Category.OBJECT_STORE: "anyone can own a bucket there and receive what the agent uploads",
    Category.CLOUD: "it holds the APIs and hosts of every customer, an attacker's included",
    Category.CDN: "its addresses serve every customer, and a Host header can ask for another one (domain fronting)",
    Category.SERVERLESS: "anyone can deploy a function or a page there in minutes",
    Category.CODE_HOST: "anyone's repository takes a push at the same name",
    Category.REGISTRY: "anyone's package can be published at the same name",
    Category.MESSAGING: "anyone's channel can be posted to at the same name",
    Category.TUNNEL: "it leads to any machine behind it",
    Category.WEBHOOK: "it records what it is sent, for anyone who made the link",
    Category.PASTE: "it takes text and files from anyone, for anyone",
    Category.RESOLVER: "it answers DNS past DNS Firewall, and queries carry data out",
    Category.SHORTENER: "it leads to any place that somebody chose",
    Category.DYNAMIC_DNS: "anyone can point a name there at their own machine",
}


@dataclass(frozen=True, slots=True)
class SharedName:
    """``suffix`` and everything below it. Where ``apex_only``, only that very name."""

    suffix: str
    category: Category
    apex_only: bool = False


_BELOW: dict[Category, str] = {
    Category.OBJECT_STORE: """
        storage.googleapis.com storage.cloud.google.com firebasestorage.googleapis.com firebasestorage.app
        blob.core.windows.net file.core.windows.net queue.core.windows.net table.core.windows.net
        dfs.core.windows.net web.core.windows.net blob.core.chinacloudapi.cn blob.core.usgovcloudapi.net
        digitaloceanspaces.com r2.cloudflarestorage.com r2.dev backblazeb2.com wasabisys.com
        linodeobjects.com vultrobjects.com oraclecloud.com objectstorage.oci.customer-oci.com
        aliyuncs.com myqcloud.com scw.cloud cloud.ovh.net storage.yandexcloud.net
        supabase.co supabase.in blob.vercel-storage.com fly.storage.tigris.dev t3.storage.dev
    """,
    Category.CLOUD: """
        amazonaws.com amazonaws.com.cn api.aws on.aws aws.dev awsapps.com
        googleapis.com googleusercontent.com bc.googleusercontent.com
        cloudapp.azure.com cloudapp.net azure.com azure.net windows.net core.windows.net trafficmanager.net
    """,
    Category.CDN: """
        cloudfront.net akamaihd.net akamaiedge.net akamai.net akamaized.net edgekey.net edgesuite.net
        fastly.net fastlylb.net azureedge.net azurefd.net b-cdn.net cdn77.org cachefly.net stackpathcdn.com
        llnwd.net edgecastcdn.net gcdn.co jsdelivr.net unpkg.com cdn.cloudflare.net
    """,
    Category.SERVERLESS: """
        github.io githubusercontent.com githubpreview.dev app.github.dev gitlab.io bitbucket.io codeberg.page
        pages.dev workers.dev vercel.app now.sh netlify.app netlify.com herokuapp.com fly.dev onrender.com
        railway.app up.railway.app render.com surge.sh glitch.me glitch.com repl.co replit.app replit.dev
        run.app a.run.app cloudfunctions.net appspot.com web.app firebaseapp.com firebaseio.com
        azurewebsites.net azurestaticapps.net azurecontainerapps.io azure-api.net logic.azure.com
        amplifyapp.com awsapprunner.com elasticbeanstalk.com
        deno.dev deno.net hf.space streamlit.app gradio.live modal.run e2b.dev e2b.app val.run
        codesandbox.io csb.app stackblitz.io webcontainer.io pythonanywhere.com ondigitalocean.app
        wixsite.com weebly.com blogspot.com wordpress.com notion.site sites.google.com script.google.com
        docs.google.com drive.google.com forms.gle airtable.com typeform.com sharepoint.com onedrive.live.com
        dropbox.com dropboxapi.com dropboxusercontent.com box.com mega.nz mega.io mediafire.com
    """,
    Category.DYNAMIC_DNS: """
        duckdns.org dyndns.org no-ip.org no-ip.com ddns.net hopto.org zapto.org sytes.net dynu.net
        freedns.afraid.org mooo.com nip.io sslip.io xip.io traefik.me localtest.me
    """,
    Category.TUNNEL: """
        ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev ngrok.com trycloudflare.com argotunnel.com
        loca.lt localtunnel.me localhost.run lhr.life lhr.rocks serveo.net serveousercontent.com
        pinggy.io pinggy.link pinggy.online bore.pub telebit.io tunnelmole.com tunnelmole.net
        devtunnels.ms tunnels.api.visualstudio.com rel.tunnels.api.visualstudio.com
        ts.net tailscale.com tailscale.io zrok.io packetriot.net loclx.io localxpose.io pagekite.me
        remote.it playit.gg onion.ly onion.ws tor2web.org torproject.org
    """,
    Category.WEBHOOK: """
        webhook.site requestbin.com requestbin.net requestcatcher.com hookbin.com beeceptor.com
        pipedream.net m.pipedream.net pipedream.com hookdeck.com requestinspector.com postb.in
        webhook.cool typedwebhook.tools mockbin.org mockbin.io ptsv2.com ptsv3.com httpdump.app
        interact.sh oast.pro oast.live oast.site oast.online oast.fun oast.me oastify.com
        burpcollaborator.net dnslog.cn ceye.io canarytokens.com canarytokens.org smee.io
        httpbin.org httpbingo.org postman-echo.com echo.free.beeceptor.com
    """,
    Category.PASTE: """
        pastebin.com hastebin.com toptal.com paste.ee rentry.co rentry.org dpaste.org dpaste.com ghostbin.com
        privatebin.net ix.io 0x0.st termbin.com sprunge.us paste.rs bpa.st controlc.com justpaste.it
        paste.debian.net paste.mozilla.org pastecode.io cl1p.net write.as telegra.ph
        transfer.sh file.io oshi.at bashupload.com temp.sh tmpfiles.org uguu.se catbox.moe litterbox.catbox.moe
        pixeldrain.com gofile.io anonfiles.com wetransfer.com we.tl sendspace.com keep.sh filebin.net
        filetransfer.io ufile.io send.vis.ee gist.github.com gist.githubusercontent.com
    """,
    Category.RESOLVER: """
        dns.google dns.google.com dns64.dns.google cloudflare-dns.com one.one.one.one
        dns.quad9.net dns9.quad9.net dns10.quad9.net dns11.quad9.net doh.opendns.com doh.umbrella.com
        dns.nextdns.io doh.cleanbrowsing.org dns.adguard.com dns.adguard-dns.com doh.dns.sb dns.sb
        doh.mullvad.net dns.mullvad.net freedns.controld.com dns.controld.com dns0.eu doh.li doh.ffmuc.net
        dns.alidns.com doh.pub dns.pub doh.360.cn dns.twnic.tw doh.applied-privacy.net odvr.nic.cz
        dns.digitale-gesellschaft.ch doh.xfinity.com ordns.he.net wikimedia-dns.org doh.libredns.gr
        anycast.dns.nextdns.io dnsforge.de dns.njal.la basic.rethinkdns.com max.rethinkdns.com
    """,
    Category.SHORTENER: """
        bit.ly bitly.com t.co tinyurl.com goo.gl is.gd v.gd ow.ly buff.ly rebrand.ly cutt.ly shorturl.at
        t.ly rb.gy tiny.cc lnkd.in s.id bl.ink short.io dub.sh
    """,
    Category.MESSAGING: """
        hooks.slack.com slack.com discord.com discordapp.com api.telegram.org telegram.org t.me
        webhook.office.com outlook.office.com chat.googleapis.com hooks.zapier.com maker.ifttt.com
        ntfy.sh api.pushover.net pushbullet.com matrix.org
    """,
}

_APEX: dict[Category, str] = {
    Category.CODE_HOST: """
        github.com api.github.com uploads.github.com ssh.github.com gitlab.com bitbucket.org api.bitbucket.org
        codeberg.org sr.ht git.sr.ht huggingface.co dev.azure.com ssh.dev.azure.com
    """,
    Category.REGISTRY: """
        registry.npmjs.org registry.npmjs.com npm.pkg.github.com upload.pypi.org test.pypi.org rubygems.org
        ghcr.io docker.io registry-1.docker.io hub.docker.com quay.io gcr.io public.ecr.aws crates.io
        push.fury.io anaconda.org upload.anaconda.org
    """,
}


def _table() -> dict[str, SharedName]:
    table = {suffix: SharedName(suffix, category) for category, names in _BELOW.items() for suffix in names.split()}
    for category, names in _APEX.items():
        table |= {name: SharedName(name, category, apex_only=True) for name in names.split()}
    return table


SHARED_NAMES: dict[str, SharedName] = _table()


def shared_name(name: str) -> SharedName | None:
    """The nearest entry at or above ``name``, or None."""
    labels = name.split(".")
    for start in range(len(labels)):
        found = SHARED_NAMES.get(".".join(labels[start:]))
        if found is not None and (start == 0 or not found.apex_only):
            return found
    return None


@cache
def _below() -> dict[str, tuple[SharedName, ...]]:
    below: defaultdict[str, list[SharedName]] = defaultdict(list)
    for suffix in sorted(SHARED_NAMES):
        labels = suffix.split(".")
        for start in range(1, len(labels)):
            below[".".join(labels[start:])].append(SHARED_NAMES[suffix])
    return {name: tuple(found) for name, found in below.items()}


def shared_below(name: str) -> tuple[SharedName, ...]:
    """The entries below ``name``, sorted: what a wildcard over ``name`` covers as well."""
    return _below().get(name, ())


LOCAL_SUFFIXES: dict[str, str] = {
    "localhost": "RFC 6761",
    "local": "RFC 6762",
    "internal": "ICANN resolution 2024.07.29.06",
    "intranet": "RFC 6762, appendix G",
    "private": "RFC 6762, appendix G",
    "corp": "RFC 6762, appendix G",
    "home": "RFC 6762, appendix G",
    "lan": "RFC 6762, appendix G",
    "arpa": "RFC 3172",
    "onion": "RFC 7686",
    "invalid": "RFC 6761",
    "test": "RFC 6761",
    "alt": "RFC 9476",
    "localdomain": "a habit of resolvers",
}
"""Top labels that are no part of the public DNS. ``example`` is left out: examples use it."""

METADATA_NAMES = frozenset(
    {
        "metadata.google.internal",
        "metadata.goog",
        "metadata",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
    }
)
"""Names of metadata services, in whichever cloud."""
