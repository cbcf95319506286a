/**
 * Kills a real server at random moments under load, and holds the log against an independent joiner.
 *
 *   node scripts/kill.mjs --kills 200 --seed 7
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
for (const [name, text] of Object.entries(values)) {
  if (!/^\d{1,6}$/.test(text)) {
    console.error(`--${name}: write a whole number, got ${text}`);
    process.exit(64);
  }
}
const env = { ...process.env, ARMATURE_KILLS: values.kills, ARMATURE_SEED: values.seed };
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', 'test/faults/kill.test.ts'], {
  cwd: ROOT,
  env,
  stdio: 'inherit',
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
