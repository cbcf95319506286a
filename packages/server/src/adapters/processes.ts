import { readlink } from 'node:fs/promises';
import { kill, pid } from 'node:process';
import type { FileSystem } from '../ports.js';

/** A process of this machine, as a lock names it. */
export interface ProcessName {
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where the system tells it: a pid alone comes back. */
  readonly started?: string;
  /** Within what its number is its own: the boot of a machine and, of a container, its processes; where the system tells. */
  readonly space?: string;
}

/** The processes of this machine: what a lock has to know about its holder. */
export interface Processes {
  /** The process this code runs in. */
  own(): Promise<ProcessName>;
  isAlive(name: ProcessName): Promise<boolean>;
}

/** The machine's processes; start times are read from /proc where there is one. */
export function machineProcesses(fs: FileSystem): Processes {
  const fieldsOf = async (of: number): Promise<readonly string[] | undefined> => {
    const stat = await fs.readText(`/proc/${of}/stat`).catch(() => undefined);
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  };
  const startOf = async (of: number): Promise<string | undefined> => (await fieldsOf(of))?.[19];
  const spaceOf = async (): Promise<string | undefined> => {
    const boot = (await fs.readText('/proc/sys/kernel/random/boot_id').catch(() => undefined))?.trim();
    const names = await readlink('/proc/self/ns/pid').catch(() => undefined);
    return boot === undefined || names === undefined ? undefined : `${boot} ${names}`;
  };
  return {
    async own() {
      const [started, space] = [await startOf(pid), await spaceOf()];
      return { pid, ...(started === undefined ? {} : { started }), ...(space === undefined ? {} : { space }) };
    },
    async isAlive(name) {
      try {
        kill(name.pid, 0);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EPERM') return false;
      }
      const fields = await fieldsOf(name.pid);
      // one that ended and that nobody has collected yet still has its number, and holds nothing
      if (fields?.[0] === 'Z' || fields?.[0] === 'X') return false;
      return name.started === undefined || name.started === fields?.[19];
    },
  };
}
