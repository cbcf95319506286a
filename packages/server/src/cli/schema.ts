import { jsonSchemas } from '@armature/sdk/protocol';
import { Argument } from 'commander';
import type { AddCommand } from './run.js';

const NAMES = ['experiment', 'event', 'snapshot'] as const;

/** `armature schema`: JSON Schema for editors and other programs. */
export const schemaCommand: AddCommand = (program, terminal) => {
  program
    .command('schema')
    .description('print the JSON Schema (draft-07) of experiment files, events or snapshots')
    .addArgument(new Argument('<name>', 'of what').choices(NAMES))
    .addHelpText('after', '\nExample:\n  $ armature schema experiment > experiment.schema.json')
    .action((name: (typeof NAMES)[number]) => terminal.write(`${JSON.stringify(jsonSchemas()[name], null, 2)}\n`));
};
