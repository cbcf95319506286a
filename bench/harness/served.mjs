import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../packages/server/bin/armature.js', import.meta.url));
const START_MS = 20_000;

/** The figures of `/metrics`, by name and labels as they stand there. */
async function figures(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/**
 * Starts `armature serve` on a free port with a data directory of its own.
 *
 * @param files experiment files by name
 * @param variables of its environment, besides those of this process
 * @returns its address, its figures, and what ends it and removes its data
 */
export async function startServer(files, variables = {}) {
  const root = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  const experiments = join(root, 'experiments');
  const data = join(root, 'data');
  mkdirSync(experiments);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(experiments, name), text);
  const args = [COMMAND, 'serve', '--experiments', experiments, '--data', data, '--port', '0'];
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = `${complaints}${chunk}`.slice(-2000);
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`the server ${why}: ${complaints}`));
    const timer = setTimeout(() => fail('did not start'), START_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /http:\/\/\S+/.exec(line)?.[0];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    exited.then((code) => fail(`ended with ${code}`));
  });
  const stop = async () => {
    child.kill('SIGINT');
    await exited;
  };
  return {
    url,
    data,
    experiments,
    pid: child.pid,
    figures: () => figures(url),
    /** Seconds of CPU since its start. */
    cpuSeconds: async () => (await figures(url)).get('armature_process_cpu_seconds_total'),
    stop,
    async dispose() {
      if (child.exitCode === null) await stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
