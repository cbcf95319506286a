import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that waits for this process to end, however it ends, and then cleans up behind it: children of a process
 * that was killed would live on. It has a session of its own, so that Ctrl-C does not reach it.
 */
export interface Guard {
  /** The process that must not outlive this one, as of now. */
  watch(pid: number | undefined): void;
  /** Nothing is left to clean up. */
  release(): void;
}

const WAIT = 'current=; while read -r line; do current=$line; done; ';
const KILL_AND_DELETE = '[ -n "$current" ] && kill -9 "$current" 2>/dev/null; rm -rf -- "$0"';

function guardWith(action: string, args: readonly string[], variables?: NodeJS.ProcessEnv): Guard {
  const shell: ChildProcess = spawn('sh', ['-c', `${WAIT}${action}`, ...args], {
    ...{ detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: variables },
  });
  const { stdin } = shell;
  shell.on('error', () => {}); // without a shell there is no guard, and nothing else is lost
  stdin?.on('error', () => {});
  shell.unref();
  if (stdin !== null && 'unref' in stdin) (stdin as { unref(): void }).unref();
  return {
    watch: (pid) => void stdin?.write(`${pid ?? ''}\n`),
    release: () => void shell.kill('SIGKILL'),
  };
}

/** Kills the watched process and deletes its folder. */
export function processGuard(folder: string): Guard {
  return guardWith(KILL_AND_DELETE, [folder]);
}

/** Runs a command. */
export function commandGuard(command: readonly string[], variables: NodeJS.ProcessEnv): Guard {
  return guardWith('"$0" "$@"', command, variables);
}
