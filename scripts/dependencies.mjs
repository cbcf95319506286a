/**
 * Checks what users install with the packages: licences, install scripts, and known vulnerabilities where a registry
 * answers. `node scripts/dependencies.mjs --sbom FILE` also writes the list of it all, CycloneDX as JSON.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lockedDependencies } from './package/locked-dependencies.mjs';
import { npmCommand, npmEnvironment } from './setup.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const EXIT = { ok: 0, faults: 1, usage: 64 };
const MINUTE_MS = 60_000;

function npm(args) {
  const { file, args: first, shell } = npmCommand();
  const options = { cwd: ROOT, shell, env: npmEnvironment(), encoding: 'utf8', timeout: MINUTE_MS, maxBuffer: 1 << 26 };
  return spawnSync(file, [...first, ...args], options);
}

/** Known vulnerabilities of what is installed with the packages; a word on why not, where nobody could be asked. */
function audited() {
  const { stdout } = npm(['audit', '--omit=dev', '--json', '--fetch-retries=0']);
  let answer;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return { unknown: 'npm audit gave no answer', faults: [] };
  }
  if (answer.metadata === undefined) return { unknown: answer.message ?? 'the registry gave no answer', faults: [] };
  const found = Object.values(answer.vulnerabilities ?? {});
  return { faults: found.map(({ name, severity, range }) => `${name} ${range} has a known ${severity} vulnerability`) };
}

/** `npm sbom --omit dev` leaves out what a development tool needs too, so all is listed and the tools are taken out here. */
function writeSbom(path, production) {
  const { status, stdout, stderr } = npm(['sbom', '--sbom-format', 'cyclonedx']);
  if (status !== 0) throw new Error(`npm sbom ended with ${status}: ${stderr}`);
  const list = JSON.parse(stdout);
  const wanted = new Set(production.map(({ name, version }) => `${name}@${version}`));
  const nameOf = ({ group, name }) => (group === undefined || name.startsWith('@') ? name : `${group}/${name}`);
  const components = list.components.filter(
    (one) => wanted.has(`${nameOf(one)}@${one.version}`) || one['bom-ref'].startsWith('@armature/'),
  );
  const kept = new Set([list.metadata.component['bom-ref'], ...components.map((one) => one['bom-ref'])]);
  const dependencies = list.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  writeFileSync(path, `${JSON.stringify({ ...list, components, dependencies }, undefined, 2)}\n`);
  const listed = new Set(components.map((one) => `${nameOf(one)}@${one.version}`));
  const absent = [...wanted].filter((one) => !listed.has(one));
  if (absent.length > 0) throw new Error(`npm sbom left out ${absent.join(', ')}`);
  console.log(`${components.length} components in ${path}`);
}

function readOptions() {
  try {
    return parseArgs({ options: { sbom: { type: 'string' } } }).values;
  } catch (cause) {
    console.error(`dependencies: ${cause.message}\nnode scripts/dependencies.mjs [--sbom FILE]`);
    return process.exit(EXIT.usage);
  }
}

const { sbom } = readOptions();
const { production, faults } = lockedDependencies(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
const audit = audited();
const all = [...faults, ...audit.faults];
for (const fault of all) console.log(fault);
if (audit.unknown !== undefined) console.log(`not run: npm audit (${audit.unknown})`);
if (sbom !== undefined) writeSbom(sbom, production);
console.log(`${production.length} packages come with ours, ${all.length} faults`);
process.exitCode = all.length === 0 ? EXIT.ok : EXIT.faults;
