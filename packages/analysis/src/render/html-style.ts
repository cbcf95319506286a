/** Colours of the arms in charts, told apart in light and dark alike; the last is that of `others`. */
export const ARM_COLORS = [
  '#4c78d4',
  '#e8a317',
  '#ef6a5a',
  '#3fae7e',
  '#a06be0',
  '#3fa9c9',
  '#d9689f',
  '#8a93a3',
] as const;

/** The one style sheet of a report: light and dark by the reader's own setting, readable on a phone and on paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: #fbfbfa; --card: #ffffff; --ink: #1c2024; --soft: #5c6670; --faint: #8b949e; --line: #e3e6e9; --grid: #eceef0;
  --accent: #3358d4; --good: #1a7f4b; --good-ground: #e6f5ec; --warn: #8a5a00; --warn-ground: #fdf2d8;
  --bad: #c0262d; --bad-ground: #fdeaea; --band: #3358d41f; --even: #8b949e; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #111416; --card: #181c1f; --ink: #e8eaed; --soft: #a2abb4; --faint: #757f89; --line: #2b3136; --grid: #23292d;
  --accent: #8aa6ff; --good: #5fd39a; --good-ground: #16301f; --warn: #f0bd5b; --warn-ground: #33270d;
  --bad: #ff8a85; --bad-ground: #3a1a1b; --band: #8aa6ff2b; --even: #757f89; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 40px 24px 56px; }
article + article { margin-top: 72px; padding-top: 48px; border-top: 1px solid var(--line); }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.02em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; letter-spacing: -0.01em; margin: 48px 0 4px; overflow-wrap: anywhere; }
h2 small { font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--soft); margin-left: 8px; }
h3 { font-size: 15px; margin: 0 0 2px; }
p { margin: 0; }
.about { color: var(--ink); margin-top: 8px; max-width: 70ch; }
.facts { color: var(--soft); font-size: 14px; margin-top: 8px; }
.facts span + span::before { content: "·"; margin: 0 8px; color: var(--faint); }
.verdict { margin: 24px 0 0; padding: 18px 22px; border-radius: 10px; background: var(--card); border: 1px solid var(--line);
  border-left: 5px solid var(--faint); }
.verdict p { font-size: 19px; line-height: 1.45; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
.verdict .status { font-size: 12px; font-weight: 600; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); }
.verdict.decided { border-left-color: var(--good); } .verdict.decided .status { color: var(--good); }
.verdict.undecided { border-left-color: var(--accent); } .verdict.undecided .status { color: var(--accent); }
.verdict.unhealthy { border-color: var(--bad); background: var(--bad-ground); } .verdict.unhealthy .status { color: var(--bad); }
.record { margin: 16px 0 0; font-size: 14px; color: var(--soft); } .record dt { color: var(--faint); }
.checks { list-style: none; padding: 0; margin: 16px 0 0; display: flex; flex-wrap: wrap; gap: 6px 8px; font-size: 13px; }
.checks li { padding: 2px 10px; border-radius: 99px; border: 1px solid var(--line); color: var(--soft); background: var(--card); }
.checks .ok::before { content: "✓ "; color: var(--good); }
.checks .warning { color: var(--warn); background: var(--warn-ground); border-color: transparent; }
.checks .failed { color: var(--bad); background: var(--bad-ground); border-color: transparent; font-weight: 600; }
.alerts { margin: 10px 0 0; padding-left: 20px; font-size: 14px; } .alerts .failed { color: var(--bad); } .alerts .warning { color: var(--warn); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 16px 0 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; font-size: 15px; padding-bottom: 8px; overflow-wrap: anywhere; }
th, td { text-align: right; padding: 7px 10px; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 9ch; max-width: 32ch; font-weight: 500; }
thead th { white-space: normal; color: var(--soft); font-weight: 500; font-size: 13px; border-bottom: 1px solid var(--line); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--grid); }
tr.leader > * { font-weight: 650; }
tr.better td:nth-child(-n+3) { color: var(--good); } tr.worse td:nth-child(-n+3) { color: var(--bad); }
td sup { color: var(--soft); line-height: 0; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin-top: 16px; } .charts .card { margin: 0; }
@media (max-width: 860px) { .charts { grid-template-columns: 1fr; } main { padding: 24px 16px 40px; } .card { padding: 14px 14px; } }
figure { margin: 0; } figcaption { font-size: 13px; color: var(--soft); margin-bottom: 8px; }
.forest { margin-top: 20px; } .forest figcaption { margin: 8px 0 0; } .forest svg { min-width: 620px; }
svg { display: block; width: 100%; height: auto; overflow: visible; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
svg text { fill: var(--soft); } svg .name { fill: var(--ink); font-size: 13px; } svg .strong { fill: var(--ink); font-weight: 600; }
.bands path { stroke: var(--card); stroke-width: .4; } .grid { stroke: var(--grid); } .axis { stroke: var(--faint); } .zero { stroke: var(--soft); stroke-dasharray: 3 3; }
.thin, .thick, .dot { stroke: var(--soft); fill: var(--soft); } .thin { stroke-width: 1.5; } .thick { stroke-width: 6; stroke-linecap: butt; }
.better .thin, .better .thick, .better .dot { stroke: var(--good); fill: var(--good); } .worse .thin, .worse .thick, .worse .dot { stroke: var(--bad); fill: var(--bad); }
.thick { opacity: .55; } .dot { stroke: var(--card) !important; stroke-width: 1.5; }
.came { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; } .even { fill: none; stroke: var(--even); stroke-width: 2; stroke-dasharray: 5 4; }
.gain { fill: var(--band); } .whisker { stroke: var(--even); stroke-width: 1.5; fill: none; } svg .came-label { fill: var(--accent); font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 8px 0 0; font-size: 13px; color: var(--soft); }
.legend li { overflow-wrap: anywhere; } .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.card dl + .scroll { margin-top: 22px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 20px; margin: 0; font-size: 15px; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.notes { font-size: 13.5px; color: var(--soft); margin: 14px 0 0; padding-left: 20px; max-width: 92ch; overflow-wrap: anywhere; } .notes li + li { margin-top: 4px; }
.why { font-size: 13px; color: var(--soft); margin: 10px 0 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
footer { margin-top: 40px; padding-top: 16px; border-top: 1px solid var(--line); font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--grid); padding: 2px 6px; border-radius: 5px; }
@media print { body { background: none; } main { max-width: none; padding: 0; } .card, .verdict { break-inside: avoid; } }
`;
