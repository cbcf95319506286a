import { createRequire } from 'node:module';
import { isArmatureError } from '@armature/sdk';
import { Command, CommanderError } from 'commander';
import { decideCommand } from './decide.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { EXIT } from './exit-code.js';
import { exportCommand } from './export.js';
import { importCommand } from './import.js';
import { initCommand } from './init.js';
import { keysCommand } from './keys.js';
import { logCommand } from './log.js';
import { planCommand } from './plan.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { reportCommand } from './report.js';
import { reportError } from './report-error.js';
import { schemaCommand } from './schema.js';
import { serveCommand } from './serve.js';
import { stateCommand } from './state.js';
import { OutputClosed, type Terminal } from './terminal.js';
import { topicsCommand } from './topics.js';
import { typesCommand } from './types.js';
import { validateCommand } from './validate.js';

/** Adds one command to the program. */
export type AddCommand = (program: Command, terminal: Terminal) => void;

/** In the order in which `--help` lists them: that of the work. */
const COMMANDS: readonly AddCommand[] = [
  demoCommand,
  initCommand,
  validateCommand,
  typesCommand,
  planCommand,
  serveCommand,
  keysCommand,
  decideCommand,
  reportCommand,
  exportCommand,
  importCommand,
  replayCommand,
  logCommand,
  topicsCommand,
  stateCommand,
  rebuildCommand,
  doctorCommand,
  schemaCommand,
];

function versionOf(): string {
  const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return manifest.version;
}

/** All commands, as `--help` lists them. */
export function programOf(terminal: Terminal): Command {
  const { red, bold } = terminal.errorColours;
  const program = new Command('armature')
    .description('Decides which model variant serves a request, learns from what happens next, reports honestly.')
    .version(versionOf())
    .addHelpText('after', '\nExample:\n  $ armature validate experiments && armature serve')
    .showHelpAfterError('See --help.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, `${red(bold('USAGE'))}: `)),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    });
  for (const add of COMMANDS) add(program, terminal);
  return program;
}

/** Runs one command line. Never rejects: failures are told, and the terminal learns the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await programOf(terminal).parseAsync(args, { from: 'user' });
  } catch (cause) {
    if (cause instanceof OutputClosed) return;
    if (cause instanceof CommanderError) {
      if (cause.exitCode !== 0) terminal.exit(EXIT.usage);
      return;
    }
    terminal.exit(isArmatureError(cause) && cause.code === 'USAGE' ? EXIT.usage : EXIT.error);
    reportError(cause, terminal);
  }
}
