import { readFile } from 'node:fs/promises';
import { contentHash, experimentsError, generateCatalogue, parseExperimentSet } from '@armature/sdk/protocol';
import { cliError } from './cli-errors.js';
import { EXPERIMENTS, readExperimentPaths } from './experiment-paths.js';
import type { AddCommand } from './run.js';

/** The generated file. Its digest is that of what it says, so that other edits of the experiments leave it up to date. */
async function catalogueOf(folder: string): Promise<{ readonly text: string; readonly digest: string }> {
  const files = await readExperimentPaths([folder]);
  const parsed = parseExperimentSet(files);
  if (!parsed.ok) throw experimentsError(parsed.faults, files.length);
  const digest = contentHash(generateCatalogue(parsed.experiments, ''));
  return { text: generateCatalogue(parsed.experiments, digest), digest };
}

async function digestIn(file: string): Promise<string | undefined> {
  try {
    return /\bdigest:\s*['"](sha256:[0-9a-f]{64})['"]/.exec(await readFile(file, 'utf8'))?.[1];
  } catch (cause) {
    throw cliError('FILE_UNREADABLE', { got: `${file}: ${(cause as NodeJS.ErrnoException).code}`, cause });
  }
}

/** `armature types`: the TypeScript by which a client knows the experiments. */
export const typesCommand: AddCommand = (program, terminal) => {
  program
    .command('types')
    .description('print TypeScript types of the experiments, and what to serve before the first snapshot')
    .argument('[folder]', 'folder of experiment files', EXPERIMENTS)
    .option('--check <file>', 'compare with a generated file: exit 1 when it is out of date')
    .addHelpText(
      'after',
      '\nExamples:\n  $ armature types experiments > src/experiments.gen.ts\n  $ armature types experiments --check src/experiments.gen.ts',
    )
    .action(async (folder: string, { check }: { readonly check?: string }) => {
      const { text, digest } = await catalogueOf(folder);
      if (check === undefined) return terminal.write(text);
      const found = await digestIn(check);
      if (found !== digest) {
        const got = `${check} of ${found?.slice(0, 15) ?? 'no digest'}, and ${folder} of ${digest.slice(0, 15)}`;
        throw cliError('TYPES_OUTDATED', { got, todo: `run \`armature types ${folder} > ${check}\`` });
      }
      terminal.out(terminal.colours.green(`${check} is up to date`));
    });
};
