import { type Command, Option } from 'commander';
import { disk } from '../adapters/disk.js';
import { changeKeyFile, readKeyFile } from '../adapters/key-file.js';
import { digestOf, KEY_KINDS, type KeyKind, makeKey } from '../keys/api-key.js';
import { type KeyRecord, withKey, withoutKey } from '../keys/key-records.js';
import { DATA } from './data-directory.js';
import type { AddCommand } from './run.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface CreateFlags {
  readonly kind: KeyKind;
  readonly name: string;
  readonly origin?: readonly string[];
  readonly data: string;
  readonly json?: boolean;
}
type Flags = Pick<CreateFlags, 'data' | 'json'>;

const withData = (command: Command): Command =>
  command.option('--data <folder>', 'data directory', DATA).option('--json', 'print JSON');

const collect = (origin: string, before: readonly string[] = []): readonly string[] => [...before, origin];

/** A key as it is told: everything but its hash. */
function toldOf({ sha256: _hash, ...record }: KeyRecord) {
  return record;
}

async function create(flags: CreateFlags, terminal: Terminal): Promise<void> {
  const { kind, name, origin } = flags;
  const created = new Date(terminal.now()).toISOString();
  let made = makeKey(kind);
  let record: KeyRecord | undefined;
  await changeKeyFile(disk(), flags.data, (keys) => {
    while (keys.some(({ kid }) => kid === made.kid)) made = makeKey(kind);
    const sha256 = digestOf(made.text).toString('hex');
    record = { kid: made.kid, kind, name, sha256, created, ...(origin === undefined ? {} : { origins: [...origin] }) };
    return withKey(keys, record);
  });
  if (record === undefined) return;
  if (flags.json) return terminal.out(JSON.stringify({ ...toldOf(record), key: made.text }, null, 2));
  terminal.out(made.text);
  terminal.err(
    `${kind} key ${made.kid} of ${name}: keep it now, it is not shown again. A running server takes it in a second.`,
  );
}

function print(keys: readonly KeyRecord[], terminal: Terminal): void {
  const columns = ['kid', 'kind', 'name', 'created', 'revoked', 'origins'].map((title) => ({ title }));
  const rows = keys.map(({ kid, kind, name, created, revoked, origins }) => [
    ...[kid, kind, name, created, revoked ?? '-'],
    origins?.join(' ') ?? '-',
  ]);
  const { dim } = terminal.colours;
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of lines.entries()) terminal.out(keys[index]?.revoked === undefined ? line : dim(line));
}

async function list(flags: Flags, terminal: Terminal): Promise<void> {
  const keys = (await readKeyFile(disk(), flags.data)) ?? [];
  if (flags.json) return terminal.out(JSON.stringify(keys.map(toldOf), null, 2));
  if (keys.length === 0) return terminal.out(`no keys in ${flags.data}`);
  print(keys, terminal);
}

async function revoke(kid: string, flags: Flags, terminal: Terminal): Promise<void> {
  const time = new Date(terminal.now()).toISOString();
  let revoked: KeyRecord | undefined;
  await changeKeyFile(disk(), flags.data, (keys) => {
    const changed = withoutKey(keys, kid, time);
    revoked = changed.find((key) => key.kid === kid);
    return changed;
  });
  if (revoked === undefined) return;
  if (flags.json) return terminal.out(JSON.stringify(toldOf(revoked), null, 2));
  terminal.out(`${revoked.kind} key ${kid} of ${revoked.name} is revoked since ${revoked.revoked}`);
}

/** `armature keys`: makes, lists and revokes the API keys of a data directory, while a server runs or not. */
export const keysCommand: AddCommand = (program, terminal) => {
  const keys = program
    .command('keys')
    .description('make, list and revoke API keys')
    .addHelpText('after', '\nExample:\n  $ armature keys create --kind server --name checkout');
  withData(keys.command('create'))
    .description('make a key and print it, once; two of one name may live, so that one can replace the other')
    .addOption(
      new Option('--kind <kind>', 'what it may do: see docs/operations.md').choices(KEY_KINDS).makeOptionMandatory(),
    )
    .requiredOption('--name <name>', 'who uses it')
    .option('--origin <origin>', 'of a browser key: pages that may use it; give it again for more', collect)
    .addHelpText(
      'after',
      '\nExample:\n  $ armature keys create --kind browser --name shop --origin https://shop.example',
    )
    .action((flags: CreateFlags) => create(flags, terminal));
  withData(keys.command('list'))
    .description('the keys, also those revoked; their texts are kept nowhere')
    .addHelpText('after', '\nExample:\n  $ armature keys list')
    .action((flags: Flags) => list(flags, terminal));
  withData(keys.command('revoke'))
    .description('refuse a key from now on, with the tokens it signed')
    .argument('<kid>', 'the 8 digits behind the kind in the key')
    .addHelpText('after', '\nExample:\n  $ armature keys revoke 3f9a1c02')
    .action((kid: string, flags: Flags) => revoke(kid, flags, terminal));
};
