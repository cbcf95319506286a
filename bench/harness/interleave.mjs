import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, spread } from './statistics.mjs';

const PROCESS = fileURLToPath(new URL('./part-process.mjs', import.meta.url));
const ANSWER_MS = 120_000;

/** Starts the process of a part; `ask` gives it a duty and resolves with the answer. */
async function startPart({ module, options = {}, flags = [] }) {
  const child = fork(PROCESS, [module.href, JSON.stringify(options)], {
    execArgv: flags,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let settle;
  const answer = () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${module.pathname}: no answer`)), ANSWER_MS);
      settle = (message) => {
        clearTimeout(timer);
        if (message.ok) resolve(message.value);
        else reject(new Error(message.error));
      };
    });
  child.on('message', (message) => settle(message));
  child.on('exit', (code) => settle({ ok: false, error: `${module.pathname} ended with ${code}` }));
  await answer();
  return {
    ask(duty) {
      const answered = answer();
      child.send(duty);
      return answered;
    },
    end: () => child.disconnect(),
  };
}

/**
 * Measures parts in turn (a, b, c, a, b, c, ...), each in its own process, so that what the machine does at the moment
 * meets all of them.
 *
 * @param parts by name, `{ module: URL, options }`
 * @param rounds how often each has its turn
 * @returns by name: CPU and wall time of one operation in us for each round, their medians, and what the part verified
 */
export async function interleave(parts, { rounds = 9, onRound = () => {} } = {}) {
  const names = Object.keys(parts);
  const running = {};
  const measured = Object.fromEntries(names.map((name) => [name, { cpu: [], wall: [] }]));
  try {
    for (const name of names) {
      running[name] = await startPart(parts[name]);
      await running[name].ask('warm');
    }
    for (let round = 0; round < rounds; round++) {
      onRound(round, rounds);
      for (const name of names) {
        const { operations, cpuUs, wallUs } = await running[name].ask('round');
        measured[name].cpu.push(cpuUs / operations);
        measured[name].wall.push(wallUs / operations);
      }
    }
    const results = {};
    for (const name of names) {
      const { cpu, wall } = measured[name];
      const facts = await running[name].ask('verify');
      results[name] = { name, cpu, wall, cpuUs: median(cpu), wallUs: median(wall), spread: spread(cpu), facts };
    }
    return results;
  } finally {
    for (const part of Object.values(running)) part.end();
  }
}

/** How many times slower `peer` is than `ours`: the median over rounds of the ratio inside the round, and its spread. */
export function timesSlower(ours, peer) {
  const ratios = ours.cpu.map((own, round) => peer.cpu[round] / own);
  return { ratio: median(ratios), spread: spread(ratios) };
}
