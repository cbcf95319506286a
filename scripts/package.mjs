/**
 * Checks what would be published: packs the three packages, installs them into an empty folder, imports every entry,
 * compiles against their types, runs the command and the README's program, and asks publint and are-the-types-wrong.
 * `node scripts/package.mjs --update` writes down the exported names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishedFaults } from './package/published-form.mjs';
import { quickstartFaults } from './package/quickstart.mjs';
import { npmCommand, npmEnvironment } from './setup.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NAMES = join(ROOT, 'test', 'fixtures', 'exports.json');
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const PACKAGES = ['sdk', 'analysis', 'server'];
const MINUTE_MS = 60_000;

const manifest = (name) => JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));

function execute(file, args, cwd, shell = false) {
  const options = { cwd, shell, env: npmEnvironment(), encoding: 'utf8', timeout: 5 * MINUTE_MS };
  const { status, error, stdout, stderr } = spawnSync(file, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

function npm(args, cwd) {
  const command = npmCommand();
  return execute(command.file, [...command.args, ...args], cwd, command.shell);
}

/** Packs one package; returns the archive's path and the names of the files in it. */
function pack(name, folder) {
  const printed = npm(['pack', '--json', '--pack-destination', folder], join(ROOT, 'packages', name));
  const answer = JSON.parse(printed);
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer);
  return { archive: join(folder, packed.filename), files: packed.files.map((file) => file.path) };
}

/** Files that should not be published, or that no source stands behind. */
function contentFaults(name, files) {
  const sourceOf = (path) => path.replace(/^dist/, 'src').replace(/\.(d\.ts|js)(\.map)?$/, '.ts');
  const compiled = files.filter((path) => /^dist\/.*\.(js|d\.ts)$/.test(path));
  const orphans = compiled.filter((path) => !existsSync(join(ROOT, 'packages', name, sourceOf(path))));
  const strange = files.filter((path) => /(^|\/)(test|src|node_modules)\/|tsconfig|\.tsbuildinfo$|\.tgz$/.test(path));
  const missing = ['LICENSE', 'README.md'].filter((path) => !files.includes(path));
  const tell = (what) => (path) => `@armature/${name} ${what}: ${path}`;
  return [
    ...orphans.map(tell('packs output without a source (remove packages/*/dist and build again)')),
    ...strange.map(tell('packs what users do not need')),
    ...missing.map(tell('lacks a file')),
  ];
}

/** `@armature/sdk/policies` and the like: the entries a package publishes, without its manifest. */
function entriesOf(name) {
  return Object.keys(manifest(name).exports)
    .filter((key) => key !== './package.json')
    .map((key) => `@armature/${name}${key.slice(1)}`);
}

/** The names each entry exports at run time, read in the empty folder. */
function readNames(folder, entries) {
  const program = `
    const names = {};
    for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry)).sort();
    console.log(JSON.stringify(names));`;
  writeFileSync(join(folder, 'names.mjs'), program);
  return JSON.parse(execute(process.execPath, ['names.mjs'], folder));
}

/** Compiles a file that imports `entries`, as a strict user would, with `options` of the compiler. */
function compile(folder, entries, options) {
  const lines = entries.map((entry, index) => `import * as m${index} from '${entry}';`);
  const used = entries.map((_, index) => `m${index}`).join(', ');
  writeFileSync(join(folder, 'types.ts'), `${lines.join('\n')}\nexport const all: readonly object[] = [${used}];\n`);
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
  execute(process.execPath, [TSC, ...strict, ...options, 'types.ts'], folder);
}

/** The SDK's portable entries compile without Node's types; all entries compile with them. */
function checkTypes(folder, entries) {
  const portable = entries.filter((entry) => /^@armature\/sdk($|\/(policies|protocol)$)/.test(entry));
  compile(folder, portable, ['--types', '']);
  const typeRoots = join(ROOT, 'node_modules', '@types');
  compile(folder, entries, ['--types', 'node', '--typeRoots', typeRoots, '--skipLibCheck']);
}

function nameFaults(found) {
  const kept = existsSync(NAMES) ? JSON.parse(readFileSync(NAMES, 'utf8')) : {};
  const entries = [...new Set([...Object.keys(kept), ...Object.keys(found)])];
  return entries.flatMap((entry) => {
    const [before, after] = [new Set(kept[entry] ?? []), new Set(found[entry] ?? [])];
    const gone = [...before].filter((name) => !after.has(name)).map((name) => `${entry} no longer exports ${name}`);
    const added = [...after].filter((name) => !before.has(name)).map((name) => `${entry} newly exports ${name}`);
    return [...gone, ...added];
  });
}

function commandFaults(folder) {
  const { name, version } = manifest('server');
  const bin = join(folder, 'node_modules', '.bin', process.platform === 'win32' ? 'armature.cmd' : 'armature');
  if (!existsSync(bin)) return [`${name} installs no command: its bin is missing or not packed`];
  const printed = execute(bin, ['--version'], folder, process.platform === 'win32').trim();
  return printed === version ? [] : [`armature --version prints "${printed}", ${name} is ${version}`];
}

async function check(folder, update) {
  const packed = PACKAGES.map((name) => ({ name, ...pack(name, folder) }));
  const faults = packed.flatMap(({ name, files }) => contentFaults(name, files));
  const user = join(folder, 'user');
  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', ...packed.map(({ archive }) => archive)], user);
  const entries = PACKAGES.flatMap(entriesOf);
  const names = readNames(user, entries);
  checkTypes(user, entries);
  faults.push(...commandFaults(user));
  for (const { name, archive } of packed) {
    const directory = join(user, 'node_modules', '@armature', name);
    faults.push(...(await publishedFaults({ name, archive, directory })));
  }
  faults.push(...quickstartFaults(join(ROOT, 'README.md'), user));
  if (update) writeFileSync(NAMES, `${JSON.stringify(names, null, 2)}\n`);
  else faults.push(...nameFaults(names));
  return { faults, entries };
}

const folder = mkdtempSync(join(tmpdir(), 'armature-package-'));
try {
  const update = process.argv.includes('--update');
  const { faults, entries } = await check(folder, update);
  for (const fault of faults) console.log(fault);
  if (faults.some((fault) => / exports /.test(fault))) {
    console.log('A change of the exported names is a change of the API: node scripts/package.mjs --update');
  }
  console.log(`${PACKAGES.length} packages, ${entries.length} entries, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
