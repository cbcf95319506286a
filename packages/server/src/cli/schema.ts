import { jsonSchemas } from '@armature/sdk/protocol';
import { Argument } from 'commander';
import type { AddCommand } from './run.js';

/** `armature schema`: JSON Schema for editors and other programs. */
export const schemaCommand: AddCommand = (program, terminal) => {
  const schemas = jsonSchemas();
  program
    .command('schema')
    .description('print the JSON Schema (draft-07) of experiment files, events or snapshots')
    .addArgument(new Argument('<name>', 'of what').choices(Object.keys(schemas)))
    .addHelpText('after', '\nExample:\n  $ armature schema experiment > experiment.schema.json')
    .action((name: keyof typeof schemas) => terminal.write(`${JSON.stringify(schemas[name], null, 2)}\n`));
};
