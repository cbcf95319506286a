import { createClient } from '@armature/sdk';
import { quantile } from './statistics.mjs';

/** From the 2xx of a batch of rewards to a client that draws with new weights: it streams from one server of several. */
export const FILES = {
  'reader.yaml':
    'experiment: reader\narms: [large, small]\nassign: request\npolicy: thompson\nupdate: 250ms\n' +
    'reward: { metric: correct, window: 10m, maturity: immediate, missing: ignored }\n',
};
const ROUNDS = 80;
const DECISIONS = 60;
/** More successes for the arm that is behind. */
const EXTRA = 3;
const MOST_MS = 1000;
const ROUND_MS = 10_000;

/** Pauses of 0 to 400 ms in no order, so that no round knows where in the server's 250 ms it falls. */
const pauseOf = (round) => (round * 151) % 401;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether a version is newer than another: `<epoch>.<sequence>`. */
function isNewer(version, known) {
  const [[epoch, sequence], [before, last]] = [version, known].map((text) => text.split('.').map(Number));
  return epoch > before || (epoch === before && sequence > last);
}

/** Resolves with when a client first draws from a newer version than the known one, and that decision. */
function newerDecision(client, known) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no new version after ${known} within ten seconds`)), ROUND_MS);
    const stop = client.on('snapshot', () => {
      const decision = client.decide('reader', { unit: 'probe', expose: false });
      if (!isNewer(decision.snapshot, known)) return;
      clearTimeout(timer);
      stop();
      resolve({ at: performance.now(), decision });
    });
  });
}

/**
 * One round: decisions of one user, so that their rewards lie in one partition and are folded at once; then their
 * rewards, half of them successes, but a few more for the arm that is behind, so that the weights swing and never
 * settle. Resolves with the milliseconds between the server's 2xx and the first decision out of a newer version.
 */
async function round({ sender, reader }, r) {
  const unit = `u-${r}`;
  const decisions = Array.from({ length: DECISIONS }, () => sender.decide('reader', { unit }));
  await sender.flush();
  const [{ snapshot: known, propensities }] = decisions;
  const drawn = newerDecision(reader, known);
  const behind = propensities.large < propensities.small ? 'large' : 'small';
  const seen = { large: 0, small: 0 };
  for (const decision of decisions) {
    const n = seen[decision.arm]++;
    const { queued } = sender.reward(decision, n % 2 === 0 || (decision.arm === behind && n < 2 * EXTRA));
    if (!queued) throw new Error('a reward was not queued');
  }
  const { queued, dropped } = await sender.flush();
  const accepted = performance.now();
  if (queued > 0 || Object.values(dropped).some((n) => n > 0)) throw new Error(JSON.stringify({ queued, dropped }));
  const { at, decision } = await drawn;
  const moved = Math.abs(decision.propensities.large - propensities.large);
  if (!(moved > 0.001)) throw new Error(`the weights of ${decision.snapshot} moved by ${moved} only`);
  return Math.max(0, at - accepted);
}

async function readyClient(url) {
  const client = createClient({ url });
  const status = await client.ready();
  if (status !== 'ready') throw new Error(`the client is ${status}`);
  return client;
}

/**
 * @param to the server that takes the events
 * @param from the server that a client streams from
 * @param onRound told of each round
 * @returns the row, and how many rewards were sent
 */
export async function freshness(to, from, onRound) {
  const clients = [];
  try {
    for (const url of new Set([to, from])) clients.push(await readyClient(url));
    const [sender, reader = sender] = clients;
    const times = [];
    for (let r = 0; r < ROUNDS; r++) {
      onRound(r, ROUNDS);
      times.push(await round({ sender, reader }, r));
      await sleep(pauseOf(r));
    }
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(times, q));
    const note = `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${ROUNDS} versions, update 250ms`;
    const row = { what: 'reward to new weights, p95', unit: 'ms', ours: p95, most: MOST_MS, note, wall: true };
    return { row, rewards: ROUNDS * DECISIONS };
  } finally {
    for (const client of clients) await client.close();
  }
}
