import type { OffPolicyReport } from '../off-policy-report.js';
import type { Report } from '../report.js';

/**
 * Reports as JSON for programs: `kind` and `schema` name the shape and its version, numbers are full doubles, what could
 * not be computed is null beside its reason, names stand as they are.
 *
 * @param reports one, which gives an object, or several, which give a list
 * @returns indented JSON that ends in a newline
 */
export function renderJson(reports: Report | OffPolicyReport | readonly (Report | OffPolicyReport)[]): string {
  const value = isList(reports) ? reports.map(withKind) : withKind(reports);
  return `${JSON.stringify(value, null, 2)}\n`;
}

function withKind(report: Report | OffPolicyReport) {
  return 'kind' in report ? report : { kind: 'experiment', ...report };
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}
