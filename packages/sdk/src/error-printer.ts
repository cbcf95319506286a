import type { Logger } from './client-options.js';
import type { ArmatureError } from './errors.js';

/** Prints one line for the first error of each code. Never throws. */
export function errorPrinter(logger: Logger | false | undefined): (error: ArmatureError) => void {
  const told = new Set<string>();
  return (error) => {
    if (logger === false || told.has(error.code)) return;
    told.add(error.code);
    try {
      (logger ?? console).error(`armature: ${error.code}: ${error.message}`);
    } catch {
      // Nobody is left to tell, and neither a decision nor a send may fail over it.
    }
  };
}
