import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { describeWith } from '../../../../test/environment.js';
import { cli, folderOf } from './recorded-terminal.js';

const HEADER = 't_ms,item_id,position,click,propensity,uf0\n';
const even = Array.from({ length: 400 }, (_, i) => `${1000 * i},${i % 2},1,${i % 4 === 0 ? 1 : 0},0.5,3\n`).join('');

describe('import obd', () => {
  test('reports on a small log, packed or not', async () => {
    const folder = folderOf({ 'small.csv': HEADER + even });
    writeFileSync(join(folder, 'small.csv.gz'), gzipSync(HEADER + even));
    const plain = await cli(['import', 'obd', join(folder, 'small.csv')]);
    const packed = await cli(['import', 'obd', join(folder, 'small.csv.gz')]);
    expect(packed.out.replaceAll('.csv.gz', '.csv')).toBe(plain.out);
    // by hand: all weights are 1, the mean is 100 of 400, its standard error sqrt(.25 * .75 / 400) = 2.165 %
    expect(plain.out).toMatch(/small\.csv · 400 rows · 2 arms · /);
    expect(plain.out).toMatch(
      /^ uniform over 2 arms +25\.0\d*% +20\.8\d* \.\. 29\.2\d* .* 400\.0 +1\.000 +0\.(25|3)0*%$/m,
    );
  });

  test('writes one HTML file for several logs, and JSON beside it', async () => {
    const folder = folderOf({ 'a.csv': HEADER + even, 'b.csv': HEADER + even });
    const files = [join(folder, 'a.csv'), join(folder, 'b.csv')];
    const { out } = await cli(['import', 'obd', ...files, '--json', '--html', join(folder, 'r.html')]);
    expect(JSON.parse(out).map(({ kind, rows }: { kind: string; rows: number }) => [kind, rows])).toEqual([
      ['off-policy', 400],
      ['off-policy', 400],
    ]);
    expect(readFileSync(join(folder, 'r.html'), 'utf8').match(/<article/g)).toHaveLength(2);
  });

  test('names the file and the line of a fault', async () => {
    const folder = folderOf({ 'bad.csv': `${HEADER}${even}1,2,1,7,0.5,3\n` });
    const { err, code } = await cli(['import', 'obd', join(folder, 'bad.csv')]);
    expect(code).toBe(1);
    expect(err.replaceAll(`${folder}/`, '')).toBe(
      'IMPORT_INVALID: the imported log has a line that cannot be read, got bad.csv, line 402: click "7"; correct the line or the header\n',
    );
  });

  test('refuses a file that is not there, and one that is not packed', async () => {
    const folder = folderOf({ 'x.csv.gz': HEADER });
    expect((await cli(['import', 'obd', join(folder, 'x.csv.gz')])).err).toContain('x.csv.gz: Z_DATA_ERROR');
    expect((await cli(['import', 'obd', join(folder, 'y.csv')])).err).toContain('y.csv: ENOENT');
  });

  test('shows names of arms without their control characters', async () => {
    const folder = folderOf({ 'odd.csv': `${HEADER}1,\u001b[31mred,1,0,0.5,3\n` });
    expect((await cli(['import', 'obd', join(folder, 'odd.csv')])).out).not.toContain('\u001b');
  });
});

describeWith('data', 'the Open Bandit logs', (data) => {
  const report = async (name: string) => {
    const { out } = await cli(['import', 'obd', join(data, `obd_small_${name}.csv.gz`), '--json']);
    return JSON.parse(out)[0];
  };

  test("the men's Thompson log gives a value of the uniform policy", async () => {
    const { rows, policies } = await report('bts_men');
    const { ipw, snipw, effectiveN } = policies[0].value;
    expect(rows).toBe(10_000);
    expect(policies[0].policy).toBe('uniform over 34 arms');
    expect([ipw.status, snipw.status]).toEqual(['ok', 'ok']);
    expect(effectiveN).toBeGreaterThan(500);
  });

  test("the women's is refused with its reason", async () => {
    const { policies } = await report('bts_women');
    expect(policies[0].value.snipw).toMatchObject({ status: 'insufficient', value: null });
    expect(policies[0].value.snipw.reason).toMatch(/^effective sample size 2\.1 of 10000 rows, at least 100 needed/);
    const { out, code } = await cli(['import', 'obd', join(data, 'obd_small_bts_women.csv.gz')]);
    expect(code).toBe(0);
    expect(out).toMatch(/not estimable: effective sample size 2\.1 of 10000 rows/);
  });

  test.each(['random_men', 'random_women'])('%s, being uniform, gives weights of one', async (name) => {
    const { policies } = await report(name);
    expect(policies[0].value.effectiveN).toBeCloseTo(10_000, 3);
  });
});
