import { versions } from 'node:process';
import { systemClock } from '../adapters/clock.js';
import { silent } from '../adapters/loggers.js';
import { bytesText, type Check, type Level } from '../doctor/check.js';
import { directoryChecks } from '../doctor/directory-checks.js';
import { nodeChecks } from '../doctor/node-checks.js';
import { CLUSTER_HELP, withCluster } from './cluster-options.js';
import { type ClusterFlags, clusterSettings } from './cluster-settings.js';
import { DATA } from './data-directory.js';
import { EXIT } from './exit-code.js';
import { plainText } from './plain-text.js';
import { progress } from './progress.js';
import type { AddCommand } from './run.js';
import type { Terminal } from './terminal.js';

interface Flags extends ClusterFlags {
  readonly data?: string;
  readonly probe?: boolean;
  readonly json?: boolean;
}

const directory = async (path: string, terminal: Terminal): Promise<readonly Check[]> => {
  const shown = progress(terminal);
  return directoryChecks(path, terminal.now(), (done, total) =>
    shown.tell(`reading the log, ${Math.floor((100 * done) / Math.max(1, total))}% of ${bytesText(total)}`),
  ).finally(() => shown.end());
};

/** Kafka and Redis where they are named, and a data directory where it is, or nothing else is. */
async function examine(flags: Flags, terminal: Terminal): Promise<readonly Check[]> {
  const checks = [...nodeChecks(versions.node)];
  const settings = clusterSettings(flags, terminal.variable);
  if (settings !== undefined) {
    // loaded here, since other commands have no use for the clients
    const { clusterChecks } = await import('../doctor/cluster-checks.js');
    const outside = { clock: systemClock(), logger: silent, probe: flags.probe === true };
    checks.push(...(await clusterChecks({ ...settings, ...outside })));
  }
  if (settings === undefined || flags.data !== undefined) {
    checks.push(...(await directory(flags.data ?? DATA, terminal)));
  }
  return checks;
}

const count = (checks: readonly Check[], level: Level): number => checks.filter((one) => one.level === level).length;

function print(checks: readonly Check[], terminal: Terminal): void {
  const { green, yellow, red, dim } = terminal.colours;
  const colours = { ok: green, warning: yellow, fault: red };
  for (const { part, level, text, code, fix } of checks) {
    const named = code === undefined ? text : `${text} (${code})`;
    terminal.out(`${colours[level](level.padEnd(7))}  ${part.padEnd(9)}  ${plainText(named)}`);
    for (const line of fix?.split('\n') ?? []) terminal.out(dim(`${' '.repeat(20)}${plainText(line)}`));
  }
  const [faults, warnings] = [count(checks, 'fault'), count(checks, 'warning')];
  const all = `${checks.length} checks: ${faults} fault${faults === 1 ? '' : 's'}, ${warnings} warning${warnings === 1 ? '' : 's'}`;
  terminal.out(faults > 0 ? red(all) : warnings > 0 ? yellow(all) : green(all));
}

/** `armature doctor`: what is wrong with what a server stands on, and how to mend it. */
export const doctorCommand: AddCommand = (program, terminal) => {
  const command = program
    .command('doctor')
    .description(
      'check Kafka, Redis or the data directory, and print how to mend what is wrong; 1 where there is a fault',
    )
    .option('--data <folder>', `data directory (default: ${DATA}, where no Kafka is named)`)
    .option('--probe', "append a record to the dead letters, to read the brokers' clock; else nothing is written")
    .option('--json', 'print JSON');
  withCluster(command)
    .addHelpText('after', `\n${CLUSTER_HELP}\n\nExample:\n  $ armature doctor --data .armature`)
    .action(async (flags: Flags) => {
      const checks = await examine(flags, terminal);
      if (flags.json) terminal.out(JSON.stringify({ sound: count(checks, 'fault') === 0, checks }, null, 2));
      else print(checks, terminal);
      if (count(checks, 'fault') > 0) terminal.exit(EXIT.error);
    });
};
