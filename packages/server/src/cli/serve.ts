import { type RedisStickyStore, redisStickyStore } from '@armature/sdk/redis';
import { InvalidArgumentError } from 'commander';
import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import { EXIT } from './exit-code.js';
import { EXPERIMENTS } from './experiment-paths.js';
import { duration, size } from './quantity.js';
import { reportError } from './report-error.js';
import type { AddCommand } from './run.js';

interface ServeFlags {
  readonly experiments: string;
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly partitions?: number;
  readonly requestsPerSecond?: number;
  readonly streams?: number;
  readonly streamsPerKey?: number;
  readonly sticky?: string;
  readonly segmentBytes?: number;
  readonly segmentAge?: number;
  readonly retainAge?: number;
  readonly retainBytes?: number;
}

/** Reads a whole number of an option. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
}

/** Keys as the environment gives them: separated by commas or white space, so that they stay out of process lists. */
const keysIn = (text: string | undefined): readonly string[] => text?.split(/[\s,]+/).filter((key) => key !== '') ?? [];

const LEAST_KEY = 16;

/** A variable that was meant to close the server must not leave it open, or ajar. */
function checkKeys(keys: readonly string[], text: string | undefined): void {
  if (text !== undefined && keys.length === 0) throw cliError('API_KEYS_INVALID', { got: 'no key in it' });
  const short = keys.filter((key) => key.length < LEAST_KEY).length;
  if (short > 0) throw cliError('API_KEYS_INVALID', { got: `${short} shorter than ${LEAST_KEY} characters` });
}

/** An address that cannot be listened on is a configuration to change, not a failure of the server. */
function portFault(cause: unknown, { host, port }: ServeFlags): Error | undefined {
  const { code, syscall } = (cause ?? {}) as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return undefined;
  return cliError('ADDRESS_UNUSABLE', { got: `${host}:${port}: ${code}`, cause });
}

/** What is asked of the log's files, as the engine takes it. */
function keeping(flags: { readonly [name in 'segmentAge' | 'retainAge' | 'retainBytes']: number | undefined }) {
  const { segmentAge, retainAge, retainBytes } = flags;
  const retention = {
    ...(retainAge === undefined ? {} : { ageMs: retainAge }),
    ...(retainBytes === undefined ? {} : { bytes: retainBytes }),
  };
  return {
    ...(segmentAge === undefined ? {} : { segmentAgeMs: segmentAge }),
    ...(Object.keys(retention).length === 0 ? {} : { retention }),
  };
}

/** `armature serve`: the server, until a signal ends it. */
export const serveCommand: AddCommand = (program, terminal) => {
  program
    .command('serve')
    .description('run the server: decisions, rewards, learning, snapshots')
    .option('--experiments <folder>', 'folder of experiment files', EXPERIMENTS)
    .option('--data <folder>', 'data directory', DATA)
    .option('--port <number>', '0 takes any free port', integer(0, 65_535), 4400)
    .option('--host <address>', 'an address other than loopback needs API keys', '127.0.0.1')
    .option('--partitions <number>', 'fixed when the log is made (default: 4)', integer(1, 1024))
    .option('--requests-per-second <number>', 'of one key, then 429 (default: 10000)', integer(1, 10_000_000))
    .option('--streams <number>', 'open snapshot streams (default: 10000)', integer(0, 1_000_000))
    .option('--streams-per-key <number>', 'of one key (default: 1000)', integer(0, 1_000_000))
    .option('--sticky <url>', 'Redis that keeps the arms of units (default: files in the data directory)')
    .option(
      '--segment-bytes <size>',
      'a file of the log is followed by another at (default: 64MiB)',
      size(4096, '4KiB'),
    )
    .option('--segment-age <duration>', 'or when it is as old as (default: 1d)', duration(1000, '1s'))
    .option('--retain-age <duration>', 'delete events older than this (default: keep all)', duration(21_600_000, '6h'))
    .option('--retain-bytes <size>', 'delete the oldest while there are more (default: keep all)', size(1024, '1KiB'))
    .addHelpText(
      'after',
      '\nAPI keys are made by `armature keys`; more come from ARMATURE_API_KEYS, separated by commas.\nWithout any, the server is open to this machine alone.\nAn address for --sticky that holds a password comes from ARMATURE_STICKY_URL.\n\nExample:\n  $ armature serve --experiments experiments --data .armature --port 4400',
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../main.js');
      const apiKeys = keysIn(terminal.variable('ARMATURE_API_KEYS'));
      let store: RedisStickyStore | undefined;
      try {
        checkKeys(apiKeys, terminal.variable('ARMATURE_API_KEYS'));
        const {
          streams: all,
          streamsPerKey: perKey,
          sticky: url = terminal.variable('ARMATURE_STICKY_URL'),
          segmentAge,
          retainAge,
          retainBytes,
          ...rest
        } = flags;
        const streams = { ...(all === undefined ? {} : { all }), ...(perKey === undefined ? {} : { perKey }) };
        if (url !== undefined) store = redisStickyStore({ url });
        const sticky = store === undefined ? {} : { sticky: store };
        const log = keeping({ segmentAge, retainAge, retainBytes });
        const { exited } = await serve({ ...rest, ...sticky, ...log, streams, apiKeys, print: terminal.out });
        terminal.exit((await exited) === 0 ? EXIT.ok : EXIT.error);
      } catch (cause) {
        reportError(portFault(cause, flags) ?? cause, terminal);
        terminal.exit(EXIT.refused);
      } finally {
        await store?.close();
      }
    });
};
