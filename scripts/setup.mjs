/**
 * Makes a checkout ready to run: checks the Node version, installs the locked dependencies when they are not there
 * yet, and builds what changed. `npm run demo` and `npm test` begin with it;
 * with `--no-build` it leaves the building to what comes next. It imports `node:*` only, because it runs
 * before anything is installed, and keeps to syntax that an old Node can parse, so that the version check can speak.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';

const MINIMUM_NODE = [20, 19];
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'node_modules', '.armature-setup');
const LOCK = join(ROOT, '.setup.lock');
const OUTPUT_LINES_KEPT = 15;
const QUIET_MS = 1000;

/** Settings that `npm run` hands down to its children and that would make the inner `npm ci` do something else. */
const INHERITED_SETTINGS =
  /^npm_config_(workspaces?|include_workspace_root|workspaces_update|global|location|prefix|local_prefix|dir|omit|include|only|also|production|dev|optional|dry_run|save.*|package_lock.*|install_strategy|install_links|legacy_.*|global_style|shrinkwrap|json|loglevel|silent|ignore_scripts|engine_strict)$/i;

/** The lowest Node that runs this, as a sentence, or undefined when `version` will do. */
export function nodeFault(version) {
  const parts = version.split('.').map(Number);
  const enough = parts[0] > MINIMUM_NODE[0] || (parts[0] === MINIMUM_NODE[0] && parts[1] >= MINIMUM_NODE[1]);
  if (enough) return undefined;
  return (
    `Node ${MINIMUM_NODE.join('.')} or newer is needed, this is Node ${version}.\n` +
    'Install a newer one (nodejs.org, or your version manager: `nvm install 22`) and start the command again.'
  );
}

/** What the installed packages depend on: the lockfile, the manifests' dependency fields, Node and the platform. */
export function wantedStamp() {
  const hash = createHash('sha256');
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const folders = ['.'].concat(manifest.workspaces);
  for (const folder of folders) {
    const fields = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    for (const free of ['scripts', 'description', 'exports', 'files', 'keywords']) delete fields[free];
    hash.update(folder + JSON.stringify(fields));
  }
  for (const name of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(ROOT, name)));
  return hash.update([process.version, process.platform, process.arch].join(' ')).digest('hex');
}

/** The npm that started us, else the one that came with this Node, else whatever the shell finds. */
export function npmCommand() {
  const bin = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    join(bin, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(bin, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const script = candidates.find((path) => path && /npm-cli\.c?js$/.test(path) && existsSync(path));
  if (script) return { file: process.execPath, args: [script], shell: false };
  return { file: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [], shell: process.platform === 'win32' };
}

/** The environment for an npm that is started from here, without what an outer `npm run` would impose on it. */
export function npmEnvironment(outer = process.env) {
  const kept = Object.entries(outer).filter(([name]) => !INHERITED_SETTINGS.test(name));
  return Object.fromEntries(kept);
}

/**
 * Runs a command and keeps its output to itself; says what goes on once that takes longer than a second.
 * @returns the exit code and the output
 */
function run(title, command, holdBy) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = spawn(command.file, command.args, {
      cwd: ROOT,
      env: npmEnvironment(),
      shell: command.shell,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid) holdBy(child.pid);
    let output = '';
    let spoke = false;
    const speak = setTimeout(() => {
      spoke = true;
      console.error(`${title} ...`);
    }, QUIET_MS);
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(speak);
      process.removeListener('SIGINT', forward).removeListener('SIGTERM', forward);
      if (spoke && code === 0) console.error(`${title}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      resolve({ code, signal, output });
    });
  });
}

/** A failure that the reader can act on; it is printed without a stack. */
class SetupFailure extends Error {}

/** The last lines that say something: npm puts its usage page behind the error, and that is left out. */
function lastLines(output) {
  const lines = output.split('\n').filter((line) => line.replace(/^npm (error|ERR!)/, '').trim() !== '');
  const usage = lines.findIndex((line) => /^npm (error|ERR!) (Clean install a project|Usage:)/.test(line));
  return lines
    .slice(0, usage === -1 ? lines.length : usage)
    .slice(-OUTPUT_LINES_KEPT)
    .join('\n');
}

async function install(holdBy) {
  const wanted = wantedStamp();
  const found = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
  if (found === wanted) return;
  rmSync(STAMP, { force: true }); // from here on until npm has ended well, the folder counts as broken
  const npm = npmCommand();
  const args = npm.args.concat(['ci', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund']);
  const { code, signal, output } = await run('installing the dependencies (npm ci)', { ...npm, args }, holdBy);
  if (signal) throw new SetupFailure(`the installation was stopped by ${signal}; start the command again.`);
  if (code !== 0) {
    throw new SetupFailure(
      `npm ci failed with exit code ${code}. Its last lines:\n\n${lastLines(output)}\n\n` +
        'If the network was the reason, check it (and any proxy) and start the command again.\n' +
        'If the lockfile does not match package.json, run `npm install` and commit package-lock.json.\n' +
        'Nothing half-installed is used: the next start installs from the beginning.',
    );
  }
  writeFileSync(STAMP, wanted);
}

async function build(holdBy) {
  const args = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'];
  const command = { file: process.execPath, args, shell: false };
  const { code, signal, output } = await run('building (tsc -b)', command, holdBy);
  if (signal) throw new SetupFailure(`the build was stopped by ${signal}.`);
  if (code !== 0) throw new SetupFailure(`the build failed:\n\n${output.trimEnd()}`);
}

/**
 * Installs and builds under a lock; two commands started together do it one after the other.
 * @param {{ withBuild: boolean }} options
 */
export async function setup({ withBuild }) {
  const fault = nodeFault(process.versions.node);
  if (fault) throw new SetupFailure(fault);
  await withLock(LOCK, async (holdBy) => {
    await install(holdBy);
    if (withBuild) await build(holdBy);
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setup({ withBuild: !process.argv.includes('--no-build') }).catch((error) => {
    console.error(error instanceof SetupFailure ? `setup: ${error.message}` : error);
    process.exitCode = 1;
  });
}
