import { type Figure, reasonText } from './figure.js';
import { type Markup, markup, NOTHING } from './markup.js';
import { reasonsOf, type TableView } from './table-view.js';

/** A table with its caption, headers and the footnotes of its missing numbers. */
export function htmlTable(table: TableView): Markup {
  const reasons = reasonsOf([table]);
  const head = table.columns.map(({ title }) => markup`<th scope="col">${title}</th>`);
  const rows = table.rows.map(({ figures, tone }) => {
    const [first, ...rest] = figures;
    const cells = rest.map((figure) => markup`<td>${cell(figure, reasons)}</td>`);
    return markup`<tr class="${tone}"><th scope="row">${cell(first!, reasons)}</th>${cells}</tr>\n`;
  });
  return markup`<div class="scroll"><table><caption>${table.caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${rows}</tbody></table></div>${whyList(reasons)}`;
}

function cell({ text, reason }: Figure, reasons: readonly string[]): Markup {
  if (reason === null) return markup`${text}`;
  return markup`<span title="${reasonText(reason)}">${text}<sup>${reasons.indexOf(reason) + 1}</sup></span>`;
}

function whyList(reasons: readonly string[]): Markup {
  if (reasons.length === 0) return NOTHING;
  const items = reasons.map((reason, i) => markup`<li><sup>${i + 1}</sup> ${reasonText(reason)}</li>`);
  return markup`<ol class="why">${items}</ol>`;
}
