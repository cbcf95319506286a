import { expect, test } from 'vitest';
import { cli, folderOf } from './recorded-terminal.js';

const AWAY = ['--kafka', '127.0.0.1:1', '--redis', 'redis://127.0.0.1:1', '--port', '0'];

test('an outage at a start is no refused configuration: a supervisor tries again', async () => {
  const root = folderOf({ 'experiments/a.yaml': 'experiment: button\narms: [blue, green]\n' });
  const folders = ['--experiments', `${root}/experiments`, '--data', `${root}/data`];
  const { err, code } = await cli(['serve', ...AWAY, ...folders]);
  expect([code, err]).toEqual([1, expect.stringMatching(/^(STATE_UNAVAILABLE|KAFKA_UNREACHABLE): /)]);
}, 60_000);

test.each([
  ['--retain-bytes', '1MiB'],
  ['--retain-age', '6h'],
  ['--segment-age', '1h'],
  ['--segment-bytes', '1MiB'],
])('refuses %s beside Kafka, whose topics have a retention of their own', async (flag, value) => {
  const { err, code } = await cli(['serve', ...AWAY, flag, value]);
  expect([code, err]).toEqual([78, expect.stringMatching(/^CLUSTER_SETTINGS_INVALID: .* beside Kafka/)]);
});
