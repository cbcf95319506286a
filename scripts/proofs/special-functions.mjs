// Largest errors of the special functions on the grid of scripts/oracles/special-functions.py: the table of docs/proofs.md.
import { readFileSync } from 'node:fs';
import * as kernel from '../../packages/sdk/dist/policies/index.js';

const functions = new Map(Object.entries(kernel));
const GRID = new URL('../../packages/sdk/test/policies/fixtures/special-functions.json', import.meta.url);
const DEEP = 1e-100;

/** [function, table of the grid, column of the value, arguments taken] */
const ROWS = [
  ['logGamma', 'logGamma', -1, 1],
  ['logBeta', 'logBeta', -1, 2],
  ['normalCdf', 'normal', 1, 1],
  ['normalSf', 'normal', 2, 1],
  ['normalLogSf', 'normal', 3, 1],
  ['normalQuantile', 'normalQuantile', -1, 1],
  ['betaCdf', 'beta', 3, 3],
  ['betaSf', 'beta', 4, 3],
  ['betaQuantile', 'betaQuantile', -1, 3],
  ['gammaCdf', 'gamma', 2, 2],
  ['gammaSf', 'gamma', 3, 2],
  ['gammaQuantile', 'gammaQuantile', -1, 2],
  ['chiSquaredCdf', 'gamma', 2, 2, ([x, a]) => [2 * x, 2 * a]],
  ['chiSquaredSf', 'gamma', 3, 2, ([x, a]) => [2 * x, 2 * a]],
  ['chiSquaredQuantile', 'gammaQuantile', -1, 2, ([p, a]) => [p, 2 * a], (x) => 2 * x],
  ['studentTCdf', 'student', 2, 2],
  ['studentTSf', 'student', 3, 2],
  ['studentTQuantile', 'studentQuantile', -1, 2],
];

const relative = (got, want) => (got === want ? 0 : Math.abs(got - want) / Math.abs(want));

export function specialFunctionsTable() {
  const grid = JSON.parse(readFileSync(GRID, 'utf8'));
  const rows = ROWS.map(([name, table, column, taken, argumentsOf = (row) => row, wanted = (x) => x]) => {
    let [largest, deep, smallest] = [0, 0, Number.POSITIVE_INFINITY];
    for (const row of grid[table]) {
      const want = wanted(row.at(column));
      const error = relative(functions.get(name)(...argumentsOf(row.slice(0, taken))), want);
      if (want !== 0) smallest = Math.min(smallest, Math.abs(want));
      if (Math.abs(want) < DEEP) deep = Math.max(deep, error);
      else largest = Math.max(largest, error);
    }
    const cells = [
      name,
      grid[table].length,
      largest.toExponential(1),
      deep === 0 ? '-' : deep.toExponential(1),
      smallest.toExponential(1),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['function', 'points', 'largest relative error', 'below 1e-100', 'smallest value'];
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows].join('\n');
}
