import { writeFileSync } from 'node:fs';
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
    // by hand: each arm 200 rows at 1/2, weights all 1, mean 100/400, se sqrt(.25 * .75 / 400) = .02165
    expect(plain.out.replaceAll(`${folder}/`, '')).toMatchInlineSnapshot(`
      "small.csv · 400 rows · 2 arms · 1970-01-01T00:00:00.000Z .. 1970-01-01T00:06:39.000Z
       as logged: mean reward 25.000% under the policy that collected it

       policy                   IPW      se      95% interval    SNIPW      se      95% interval  eff. n  mean weight
       uniform over 2 arms  25.000%  2.165%  20.757 .. 29.243  25.000%  2.165%  20.757 .. 29.243   400.0        1.000

       arm  decisions    share  reward  naive mean  SNIPW if always  eff. n
       0          200  50.000%     100     50.000%          50.000%     200
       1          200  50.000%       0      0.000%           0.000%     200
       IPW is unbiased, SNIPW steadier; both trust the logged propensities. The mean weight should be 1 within a few standard errors.
      "
    `);
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
    expect(out).toContain('not estimated, effective sample size 2.1 of 10000 rows');
  });

  test.each(['random_men', 'random_women'])('%s, being uniform, gives weights of one', async (name) => {
    const { policies } = await report(name);
    expect(policies[0].value.effectiveN).toBeCloseTo(10_000, 3);
  });
});
