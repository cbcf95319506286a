import { readFileSync } from 'node:fs';
import { cliError } from './cli-errors.js';

/** An environment variable by name; undefined where it is absent or empty. */
export type Variable = (name: string) => string | undefined;

/** What is wrong with one variable. `got` is shown to people: never a secret. */
export interface VariableFault {
  readonly variable: string;
  readonly what: string;
  readonly got?: string;
  readonly todo: string;
}

/** Reads variables and remembers every fault, so that all are told at once. */
export interface VariableReading {
  text(name: string): string | undefined;
  /** A secret: the variable itself, or the content of the file that `<name>_FILE` names. */
  secret(name: string): string | undefined;
  /** The content of a PEM file whose path the variable holds. */
  pem(name: string): string | undefined;
  /** `true` or `false`. */
  flag(name: string): boolean | undefined;
  fault(fault: VariableFault): void;
  /** @throws CLUSTER_SETTINGS_INVALID when there was any fault */
  end(): void;
}

const lineOf = ({ variable, what, got, todo }: VariableFault): string =>
  `${variable}: ${what}${got === undefined ? '' : `, got ${got}`}, ${todo}`;

function faultsError(faults: readonly VariableFault[]): Error {
  const got = `${faults.length} fault${faults.length === 1 ? '' : 's'}`;
  return cliError('CLUSTER_SETTINGS_INVALID', {
    got,
    todo: `correct every fault that is listed:\n${faults.map(lineOf).join('\n')}`,
  });
}

/** Begins to read variables. */
export function readVariables(variable: Variable): VariableReading {
  const faults: VariableFault[] = [];
  const contentOf = (name: string, path: string, what: string): string | undefined => {
    try {
      const content = readFileSync(path, 'utf8');
      if (content.trim() !== '') return content;
      faults.push({ variable: name, what: 'the file is empty', got: JSON.stringify(path), todo: `name ${what}` });
    } catch (cause) {
      const got = `${JSON.stringify(path)}: ${(cause as NodeJS.ErrnoException).code ?? 'unreadable'}`;
      faults.push({ variable: name, what: 'the file cannot be read', got, todo: `name ${what}` });
    }
    return undefined;
  };
  return {
    text: variable,
    secret(name) {
      const [value, path] = [variable(name), variable(`${name}_FILE`)];
      if (path === undefined) return value;
      if (value === undefined) return contentOf(`${name}_FILE`, path, `the file that holds it`)?.replace(/\r?\n$/, '');
      faults.push({ variable: name, what: `it and ${name}_FILE are set`, todo: 'set one of them' });
      return undefined;
    },
    pem(name) {
      const path = variable(name);
      if (path === undefined) return undefined;
      const content = contentOf(name, path, 'a PEM file');
      if (content === undefined || content.includes('-----BEGIN ')) return content;
      faults.push({ variable: name, what: 'the file is no PEM', got: JSON.stringify(path), todo: 'name a PEM file' });
      return undefined;
    },
    flag(name) {
      const text = variable(name);
      if (text === undefined) return undefined;
      if (text === 'true' || text === 'false') return text === 'true';
      faults.push({
        variable: name,
        what: 'neither true nor false',
        got: JSON.stringify(text),
        todo: 'write true or false',
      });
      return undefined;
    },
    fault: (fault) => void faults.push(fault),
    end() {
      if (faults.length > 0) throw faultsError(faults);
    },
  };
}
