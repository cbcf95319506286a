import type { OffPolicyReport } from '../off-policy-report.js';
import type { Report } from '../report.js';
import { utcText } from './duration-text.js';
import { recordLines, reportFootnotes } from './footnotes.js';
import { headlineParts, nextCommand, shownChecks } from './headline.js';
import { metricSection } from './html-metric.js';
import { offPolicyArticle } from './html-off-policy.js';
import { STYLE } from './html-style.js';
import { type Markup, markup, NOTHING } from './markup.js';
import { plainValue } from './plain-text.js';

/**
 * Reports as one HTML file: tables, shares over time, cumulative reward against an even split and the forest of effects
 * as inline SVG, light or dark as the reader's system is. It needs no script and no network, and names are escaped.
 *
 * @param reports one or several
 * @returns the whole document
 */
export function renderHtml(reports: Report | OffPolicyReport | readonly (Report | OffPolicyReport)[]): string {
  const list = plainValue(isList(reports) ? reports : [reports]);
  const title = list.map((report) => ('kind' in report ? report.source : report.experiment.id)).join(', ');
  const articles = list.map((report, i) =>
    'kind' in report ? offPolicyArticle(report, `report-${i + 1}`) : experimentArticle(report, `report-${i + 1}`),
  );
  const { source } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === '' ? 'Report' : `${title}: report`}</title>
<style>${{ source: STYLE }}</style>
</head>
<body>
<main>
${articles.length === 0 ? markup`<p>There is no experiment to report on.</p>` : articles}</main>
</body>
</html>
`;
  return source;
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}

function experimentArticle(report: Report, id: string): Markup {
  const { experiment, metrics } = report;
  const about = experiment.description === '' ? NOTHING : markup`<p class="about">${experiment.description}</p>`;
  const record = recordLines(report).map(({ label, text }) => markup`<dt>${label}</dt><dd>${text}</dd>`);
  return markup`<article aria-labelledby="${id}">
<h1 id="${id}">${experiment.id}</h1>
${about}
<p class="facts">${headlineParts(report).map((part) => markup`<span>${part}</span>`)}</p>
${verdictBox(report)}
${healthList(report)}
${record.length === 0 ? NOTHING : markup`<dl class="record">${record}</dl>`}
${metrics.map((metric, i) => metricSection(report, metric, `${id}-metric-${i + 1}`))}
${noteList(report)}
<footer>Report of ${utcText(report.generatedAt)}. Again: <code>${nextCommand(report)}</code></footer>
</article>
`;
}

const VERDICT_CLASS = { none: 'none', unhealthy: 'unhealthy', 'not decided': 'undecided', decided: 'decided' } as const;
const VERDICT_TITLE = {
  none: 'No result yet',
  unhealthy: 'Unhealthy',
  'not decided': 'Not decided',
  decided: 'Decided',
} as const;

function verdictBox({ verdict: { status, sentences } }: Report): Markup {
  return markup`<div class="verdict ${VERDICT_CLASS[status]}"><div class="status">${VERDICT_TITLE[status]}</div><p>${sentences.join(' ')}</p></div>`;
}

function healthList(report: Report): Markup {
  const checks = shownChecks(report);
  const alerts = checks.flatMap(({ label, text, status }) =>
    text === null ? [] : [markup`<li class="${status}">${label}: ${text}</li>`],
  );
  const items = checks.map(({ label, status }) => markup`<li class="${status}">${label}</li>`);
  return markup`<ul class="checks" aria-label="Health">${items}</ul>${alerts.length === 0 ? NOTHING : markup`<ul class="alerts">${alerts}</ul>`}`;
}

function noteList(report: Report): Markup {
  return markup`<section><h2>What the numbers promise</h2><ul class="notes">${reportFootnotes(report).map((note) => markup`<li>${note}</li>`)}</ul></section>`;
}
