import type { MetricReport, Report } from '../report.js';
import { armTable } from './arm-table.js';
import { contrastTable } from './contrast-table.js';
import { metricFootnotes } from './footnotes.js';
import { contrastForest } from './forest-view.js';
import { htmlTable } from './html-table.js';
import { type Markup, markup, NOTHING } from './markup.js';
import { type NumberScale, scaleOf } from './number-scale.js';
import { forestChart } from './svg/forest-chart.js';
import { rewardChart } from './svg/reward-chart.js';
import { sharesChart } from './svg/shares-chart.js';
import { regretTable, worthLines } from './worth-lines.js';

/** One metric of a report. The one that is learnt from brings shares over time and what the policy was worth. */
export function metricSection(report: Report, metric: MetricReport, id: string): Markup {
  const scale = scaleOf(metric);
  const learnt = metric.metric === report.experiment.reward;
  const title = markup`<h2 id="${id}">${metric.metric}<small>${learnt ? 'learnt from, ' : ''}${metric.better} is better</small></h2>`;
  if (!learnt && metric.trials === 0)
    return markup`<section aria-labelledby="${id}">${title}<p class="facts">No trial has closed yet.</p></section>
`;
  const notes = metricFootnotes(metric, scale).map((note) => markup`<li>${note}</li>`);
  return markup`<section aria-labelledby="${id}">
${title}
<div class="card">${htmlTable(armTable(report, metric, scale))}</div>
${contrastCard(metric, scale, id)}
${learnt ? charts(metric, id) : NOTHING}
${learnt && metric.trials > 0 ? worthCard(metric) : NOTHING}
${notes.length === 0 ? NOTHING : markup`<ul class="notes">${notes}</ul>`}
</section>
`;
}

function contrastCard(metric: MetricReport, scale: NumberScale, id: string): Markup {
  if (metric.contrasts.length === 0 || metric.trials === 0) return NOTHING;
  const table = contrastTable(metric, scale);
  const chart = forestChart({
    id: `${id}-forest`,
    title: table.caption,
    view: contrastForest(metric, scale),
    scale,
    signed: true,
    unit: `difference in ${metric.metric}${scale.percent ? ', percentage points' : ''}`,
  });
  const caption = 'Thin: the anytime interval, right at every look. Thick: the interval at one look fixed beforehand.';
  const figure =
    chart === NOTHING
      ? NOTHING
      : markup`<figure class="scroll forest">${chart}<figcaption>${caption}</figcaption></figure>`;
  return markup`<div class="card">${htmlTable(table)}${figure}</div>`;
}

function charts(metric: MetricReport, id: string): Markup {
  const drawn = [sharesChart(metric.series, `${id}-shares`), rewardChart(metric, `${id}-reward`)].filter(
    (chart) => chart !== NOTHING,
  );
  if (drawn.length === 0) return NOTHING;
  return markup`<div class="charts">${drawn.map((chart) => markup`<div class="card">${chart}</div>`)}</div>`;
}

function worthCard(metric: MetricReport): Markup {
  const rows = worthLines(metric).map(({ label, text }) => markup`<dt>${label}</dt><dd>${text}</dd>`);
  return markup`<div class="card"><dl>${rows}</dl>${htmlTable(regretTable(metric))}</div>`;
}
