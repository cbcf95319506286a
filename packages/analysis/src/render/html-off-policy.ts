import type { OffPolicyReport } from '../off-policy-report.js';
import { spanText, utcText } from './duration-text.js';
import { htmlTable } from './html-table.js';
import { type Markup, markup, NOTHING } from './markup.js';
import { countText, meanText } from './number-scale.js';
import { loggedArmTable, offPolicyScale, policyTable, valueForest } from './off-policy-tables.js';
import { forestChart } from './svg/forest-chart.js';

/** What an imported log says, as an article. */
export function offPolicyArticle(report: OffPolicyReport, id: string): Markup {
  const scale = offPolicyScale(report);
  const logged = report.policies[0]?.value.logged ?? null;
  const span = report.from === null || report.to === null ? [] : [spanText(report.from, report.to)];
  const facts = [`${countText(report.rows)} rows`, `${countText(report.arms.length)} arms`, ...span];
  const chart = forestChart({
    id: `${id}-forest`,
    title: 'Value of other policies on this log',
    view: valueForest(report, scale),
    scale,
    signed: false,
    unit: `mean reward by SNIPW${scale.percent ? ', percent' : ''}; dashed: as logged`,
  });
  const reward = logged === null ? 'The log has no row.' : `Mean reward ${meanText(scale, logged)} as logged.`;
  const caption = 'Bars: the interval at one look. Policies whose value is not estimable are left out.';
  return markup`<article aria-labelledby="${id}">
<h1 id="${id}">${report.source}</h1>
<p class="facts">${facts.map((fact) => markup`<span>${fact}</span>`)}</p>
<div class="verdict undecided"><div class="status">Imported log, off-policy</div><p>${reward}</p></div>
<div class="card">${htmlTable(policyTable(report, scale))}</div>
${chart === NOTHING ? NOTHING : markup`<div class="card"><figure class="scroll forest">${chart}<figcaption>${caption}</figcaption></figure></div>`}
<div class="card">${htmlTable(loggedArmTable(report, scale))}</div>
<ul class="notes">${report.notes.map((note) => markup`<li>${note}</li>`)}</ul>
<footer>Report of ${utcText(report.generatedAt)}.</footer>
</article>
`;
}
