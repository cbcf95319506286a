import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ANSWER_MS = 180_000;

/**
 * Starts a process that goes through stages of its own: it sends `{ ok, value }` at the end of each and begins the next
 * when it is told to.
 *
 * @param module URL of its module, which finds its options as JSON in the first argument
 * @returns `reached`, the end of the stage under way; `go`, which begins the next and resolves with its end
 */
export function startTask(module, options, flags = []) {
  const child = fork(fileURLToPath(module), [JSON.stringify(options)], {
    execArgv: flags,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answer = () =>
    new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${module.pathname}: ${why}`));
      const timer = setTimeout(() => fail('no answer'), ANSWER_MS);
      const ended = (code) => fail(`ended with ${code}`);
      child.once('exit', ended);
      child.once('message', ({ ok, value, error }) => {
        clearTimeout(timer);
        child.off('exit', ended);
        if (ok) resolve(value);
        else fail(error);
      });
    });
  return {
    reached: answer(),
    go() {
      const next = answer();
      child.send('go');
      return next;
    },
    end: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', resolve);
        if (child.connected) child.disconnect();
      }),
  };
}

/** The other side: runs the stages one after the other. */
export async function runStages(stages) {
  process.on('disconnect', () => process.exit(0));
  try {
    for (const [n, stage] of stages.entries()) {
      if (n > 0) await new Promise((resolve) => process.once('message', resolve));
      process.send({ ok: true, value: await stage() });
    }
  } catch (cause) {
    process.send({ ok: false, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
  }
}

/**
 * CPU and wall time between two marks: behind the first events, when what is hot is compiled, and at the end.
 *
 * @param progress events so far
 * @param share of all events that come before the first mark
 */
export async function metered({ all, progress, done, share = 0.2, everyMs = 5 }) {
  const look = () => ({ events: progress(), cpu: process.cpuUsage(), at: Date.now() });
  const until = async (holds) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, everyMs));
    return look();
  };
  const start = await until(() => progress() >= all * share);
  const end = await until(done);
  const cpuUs = end.cpu.user + end.cpu.system - start.cpu.user - start.cpu.system;
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    events: end.events - start.events,
    cpuUs,
    from: start.at,
    to: end.at,
    memory: { rss, heapUsed, external },
  };
}
