"""The style sheet of the page: light, dark, narrow and on paper, from the same few colours.

Text on its ground has a contrast of 4.5 at least (WCAG 2.2, 1.4.3), which tests/browser measures. Colour never says
anything alone: every verdict also has its word and its sign.
"""

from __future__ import annotations

_LIGHT = """\
  --ground: #ffffff; --panel: #f6f8fa; --line: #d0d7de; --text: #1b1f24; --faint: #57606a; --link: #0550ae;
  --good: #0f5b26; --good-ground: #e3f6e8; --good-line: #2da44e;
  --bad: #a40e26; --bad-ground: #ffebe9; --bad-line: #cf222e;
  --odd: #6f4400; --odd-ground: #fff5d6; --odd-line: #bf8700;
  --route: #3b6ea8; --back: #7a8591;
"""
_DARK = """\
  --ground: #0d1117; --panel: #161b22; --line: #373e47; --text: #e6edf3; --faint: #9ea7b3; --link: #79c0ff;
  --good: #6fdd8b; --good-ground: #10261a; --good-line: #2ea043;
  --bad: #ffa198; --bad-ground: #301418; --bad-line: #f85149;
  --odd: #e3b341; --odd-ground: #2a2110; --odd-line: #bb8009;
  --route: #6cb0f5; --back: #8b96a3;
"""

STYLE = (
    ":root { color-scheme: light dark;\n"
    + _LIGHT
    + "}\n@media (prefers-color-scheme: dark) { :root {\n"
    + _DARK
    + "} }\n"
    + """\
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--ground); color: var(--text); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
h1 { font-size: 1.35rem; margin: 28px 0 4px; }
h2 { font-size: 1.2rem; margin: 44px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 24px 0 8px; }
p { margin: 8px 0; max-width: 80ch; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code, td, th, dd, li, p, h1, h2, h3, summary { overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 12px; padding: 8px 12px; background: var(--ground); }

.banner { border: 1px solid var(--line); border-left: 6px solid var(--line); border-radius: 8px; padding: 14px 18px;
  margin: 14px 0; background: var(--panel); }
.banner p { margin: 2px 0; }
.banner .verdict { font-size: 1.5rem; font-weight: 700; line-height: 1.3; }
.banner.proven { background: var(--good-ground); border-color: var(--good-line); }
.banner.refuted { background: var(--bad-ground); border-color: var(--bad-line); }
.banner.unknown { background: var(--odd-ground); border-color: var(--odd-line); }
.status { white-space: nowrap; font-weight: 600; }
.proven > .verdict, .status.proven { color: var(--good); }
.refuted > .verdict, .status.refuted { color: var(--bad); }
.unknown > .verdict, .status.unknown { color: var(--odd); }
.status.absent, .status.none { color: var(--faint); font-weight: 400; }
.pill { display: inline-block; padding: 1px 10px; border: 1px solid var(--line); border-radius: 99px;
  font-size: 0.85rem; vertical-align: 2px; margin-right: 8px; }
.pill.proven { background: var(--good-ground); border-color: var(--good-line); }
.pill.refuted { background: var(--bad-ground); border-color: var(--bad-line); }
.pill.unknown { background: var(--odd-ground); border-color: var(--odd-line); }

.scroll { overflow-x: auto; max-width: 100%; margin: 10px 0 18px; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
caption { text-align: left; padding: 4px 0 8px; color: var(--faint); }
caption span { position: sticky; left: 0; display: inline-block; max-width: min(80ch, 100vw - 28px); }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 8px; border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; border-bottom: 2px solid var(--line); }
thead th { overflow-wrap: normal; }
tbody th { font-weight: 600; }
.steps tbody th { min-width: 6.5rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.summary td, .summary thead th { text-align: center; padding: 6px; }
.summary thead th { font-weight: 500; font-size: 0.85rem; vertical-align: bottom; }
.summary tbody th, .summary thead th:first-child { text-align: left; min-width: 11rem; font-weight: 500; }
.layers th { width: 11rem; }
.layers th + th, .layers th + td { width: 8rem; }
.layers tr > :last-child { width: auto; }
.compare td { width: 50%; }
.compare .perhaps { background: var(--odd-ground); }
.compare .nothing { color: var(--faint); }
.where { font-weight: 600; }
details.long { border: 0; margin: 0; background: none; font-weight: inherit; }
details.long summary { padding: 0; }
.from { display: block; color: var(--faint); font-size: 0.85rem; }
tfoot td, tfoot th { font-weight: 600; border-bottom: 0; border-top: 2px solid var(--line); }

details { border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 6px; margin: 12px 0;
  background: var(--panel); }
details.proven { background: none; border-left-color: var(--good-line); }
details.refuted { border-left-color: var(--bad-line); }
details.unknown { border-left-color: var(--odd-line); }
summary { cursor: pointer; padding: 10px 14px; }
summary .said { display: block; margin-top: 2px; }
.inside { padding: 0 14px 10px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; margin: 4px 0 12px; }
dt { color: var(--faint); }
dd { margin: 0; }
.send { display: block; padding: 6px 10px; border: 1px solid var(--line); border-radius: 5px; background: var(--ground);
  white-space: pre-wrap; }
.doubt { color: var(--odd); }
ul.doubts, ul.facts { padding-left: 1.2rem; margin: 6px 0; }

figure { margin: 16px 0; }
figcaption { color: var(--faint); font-size: 0.9rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 6px 0; }
.legend svg { vertical-align: -3px; }
svg.topology { display: block; height: auto; max-width: 100%; min-width: 860px;
  font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
svg.key { display: inline; min-width: 0; }
.topology text { fill: var(--text); }
.topology .label, .topology .cidr { fill: var(--faint); }
.topology .cidr { font-size: 11px; }
.topology .strong { font-weight: 700; }
.topology .center { text-anchor: middle; }
.topology .end { text-anchor: end; }
.topology .vpc { fill: var(--ground); stroke: var(--faint); stroke-width: 1.5; }
.topology .zone { fill: none; stroke: var(--line); stroke-dasharray: 5 4; }
.topology .tier { fill: var(--panel); stroke: var(--line); }
.topology .chip { fill: var(--panel); stroke: var(--line); }
.topology .card { fill: var(--ground); stroke: var(--line); }
.topology .card.proven { fill: var(--good-ground); stroke: var(--good-line); }
.topology .card.refuted { fill: var(--bad-ground); stroke: var(--bad-line); stroke-width: 2; }
.topology .card.unknown { fill: var(--odd-ground); stroke: var(--odd-line); stroke-dasharray: 4 2; }
.topology .gateway { fill: var(--panel); stroke: var(--faint); }
.topology .gateway.unknown { fill: var(--odd-ground); stroke: var(--odd-line); }
.topology .beyond { fill: var(--panel); stroke: var(--faint); }
.topology .line { fill: none; stroke: var(--route); stroke-width: 1.6; }
.topology .line.back { stroke: var(--back); stroke-dasharray: 2 3; }
.topology .line.unfiltered { stroke: var(--bad-line); stroke-width: 2; stroke-dasharray: 7 3; }
.topology .line.beyond-line { stroke: var(--faint); }
.topology .head.filtered { fill: var(--route); }
.topology .head.back { fill: var(--back); }
.topology .head.unfiltered { fill: var(--bad-line); }
.topology .route { font-size: 11px; fill: var(--faint); }
.topology .route.unfiltered { fill: var(--bad); font-weight: 600; }

footer { margin-top: 48px; padding-bottom: 32px; color: var(--faint); font-size: 0.88rem; }
footer hr { border: 0; border-top: 1px solid var(--line); }

@media (max-width: 720px) {
  main, header, footer { padding: 0 14px; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: 8px; }
  .compare thead { position: absolute; left: -9999px; }
  .compare tr { display: block; border-bottom: 1px solid var(--line); padding: 4px 0; }
  .compare td { display: block; width: auto; border: 0; padding: 4px 8px; }
  .compare td::before { content: attr(data-column); display: block; font-size: 0.8rem; color: var(--faint); }
}

@media print {
  :root { color-scheme: light;
"""
    + _LIGHT
    + """\
  }
  @page { margin: 14mm 12mm; }
  body { font-size: 10pt; background: #ffffff; }
  main, header, footer { max-width: none; padding: 0; }
  .skip, nav { display: none; }
  a { color: inherit; text-decoration: none; }
  h2, h3, summary, caption, thead { break-after: avoid; }
  tr, .banner, figure, dl { break-inside: avoid; }
  section.agent.open { break-before: page; }
  details { background: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; }
  .scroll { overflow: visible; }
  svg.topology:not(.key) { min-width: 0; width: 100%; max-height: 240mm; }
  .banner, .pill, .topology, .compare td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
)
