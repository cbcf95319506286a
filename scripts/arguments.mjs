/** The command line of a script: `--help` tells its usage, and what is wrong with it ends with 64. */
import { parseArgs } from 'node:util';

/**
 * @param {string} name of the script, as it stands before a fault
 * @param {string} help what it does, its options and an example
 * @param {import('node:util').ParseArgsConfig['options']} options
 */
export function readArguments(name, help, options) {
  const refuse = (fault) => {
    console.error(`${name}: ${fault}\n\n${help}`);
    process.exit(64);
  };
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } } });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    return { values, refuse };
  } catch (cause) {
    return refuse(cause.message);
  }
}
