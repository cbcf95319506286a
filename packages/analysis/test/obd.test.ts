import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AnalysisError, parseObd, policyValue } from '../src/index.js';

const DATA = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const present = existsSync(`${DATA}obd_small_bts_men.csv.gz`);
if (!present) console.log('not run: the Open Bandit logs are absent (../shared/data/obd_small_*.csv.gz)');

const HEADER = 't_ms,item_id,position,click,propensity,uf0,uf1';

describe('the Open Bandit CSV', () => {
  test('is read row by row, features in the order of the header', () => {
    expect([...parseObd([HEADER, '7,12,3,1,0.25,4,9', ''])]).toEqual([
      { time: 7, arm: '12', position: 3, reward: 1, propensity: 0.25, features: [4, 9] },
    ]);
  });

  test('leaves a missing propensity to the estimator', () => {
    const [empty, text] = [...parseObd([HEADER, '7,12,3,1,,4,9', '7,12,3,1,none,4,9'])];
    expect([empty!.propensity, text!.propensity]).toEqual([undefined, undefined]);
  });

  test.each([
    [['time,item_id'], /^IMPORT_INVALID: .*header "time,item_id"/],
    [[], /no header/],
    [[HEADER, '7,12,3,2,0.5,4,9'], /line 2: click "2"/],
    [[HEADER, 'x,12,3,1,0.5,4,9'], /line 2: t_ms "x"/],
    [[HEADER, '7,,3,1,0.5,4,9'], /line 2: no item_id/],
    [[HEADER, '7,12,3,1,0.5,4'], /line 2: feature 1 ""/],
  ])('names the line of a fault: %j', (lines, message) => {
    expect(() => [...parseObd(lines)]).toThrowError(AnalysisError);
    expect(() => [...parseObd(lines)]).toThrowError(message);
  });
});

describe.runIf(present)('the Open Bandit logs', () => {
  const read = (name: string) => {
    const text = gunzipSync(readFileSync(`${DATA}obd_small_${name}.csv.gz`)).toString('utf8');
    return [...parseObd(text.split('\n'))];
  };
  const evenly = (name: string, items: number) => policyValue(read(name), () => 1 / items);

  // Oracle: numpy 2.4.6 on the same files.
  test("the men's Thompson log tells what the uniform policy is worth", () => {
    const value = evenly('bts_men', 34);
    expect(value.rows).toBe(10_000);
    expect(value.effectiveN).toBeCloseTo(655.709849587315, 6);
    expect(value.maxWeight).toBeCloseTo(178.25311942959001, 9);
    expect(value.ipw.value).toBeCloseTo(0.0030086263272564836, 12);
    expect(value.snipw.value).toBeCloseTo(0.0031894231622773927, 12);
    expect(value.meanWeight.value).toBeCloseTo(0.9433136257492368, 12);
    // oracle: scipy 1.17, Fay and Feuer's interval written out; 15.1 effective clicks, one unclicked row of weight 178
    expect(value.ipwInterval.low).toBeCloseTo(0.0016872855466837, 9);
    expect(value.ipwInterval.high).toBeCloseTo(0.06747921140718949, 9);
  });

  test("the women's is refused: two rows' worth of data", () => {
    const value = evenly('bts_women', 46);
    expect(value.effectiveN).toBeCloseTo(2.0778226924837075, 9);
    expect(value.ipw).toMatchObject({ status: 'insufficient', value: null });
    expect(value.ipw.reason).toBe(
      'effective sample size 2.1 of 10000 rows, at least 100 needed; one row carries 69% of the weight',
    );
  });

  test.each([
    ['random_men', 34],
    ['random_women', 46],
  ])('the uniform log %s is worth its plain mean', (name, items) => {
    const value = evenly(name, items);
    expect(value.effectiveN).toBeCloseTo(10_000, 6);
    expect(value.ipw.value).toBeCloseTo(0.0046, 12);
    expect(value.snipw.value).toBeCloseTo(value.logged!, 12);
  });
});
