import { readConfigLog, requireLog } from '@armature/analysis';
import { parseJsonStrict, parseSnapshot, type Snapshot } from '@armature/sdk/protocol';
import { snapshotOf } from '../aggregation/snapshot-of.js';
import { cliError } from './cli-errors.js';

const PATIENCE_MS = 5000;

/**
 * The snapshot that a server of this data directory serves, read without it. Its own version is not the server's;
 * decisions name those of the experiments.
 *
 * @throws AnalysisError LOG_MISSING
 */
export async function snapshotOfDirectory(directory: string, now: number): Promise<Snapshot> {
  const { created } = await requireLog(directory);
  const { registry } = await readConfigLog(directory);
  return snapshotOf(registry, `${Math.floor(Date.parse(created) / 1000)}.0`, now);
}

/**
 * The snapshot that a server serves now.
 *
 * @throws KEY_REFUSED; SERVER_UNREACHABLE, also for what does not answer as such a server does
 */
export async function snapshotOfServer(url: string, apiKey: string | undefined): Promise<Snapshot> {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const refuse = (got: string, cause?: unknown): never => {
    throw cliError('SERVER_UNREACHABLE', { got: `${url}: ${got}`, cause });
  };
  // fetch would refuse it with the whole of it in its message.
  if (apiKey !== undefined && !/^[!-~]+$/.test(apiKey)) {
    throw cliError('KEY_REFUSED', { got: 'an ARMATURE_API_KEY with a blank, a line end or nothing in it' });
  }
  let status: number;
  let body: string;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${url.replace(/\/+$/, '')}/v1/snapshot`, { headers, signal });
    status = response.status;
    body = await response.text();
  } catch (cause) {
    const { message, cause: inner } = cause as Error;
    return refuse((inner as NodeJS.ErrnoException | undefined)?.code ?? message, cause);
  }
  if (status === 401 || status === 403) {
    const given = status === 401 ? `one that ${url} does not know` : `one that may not read from ${url}`;
    throw cliError('KEY_REFUSED', { got: apiKey === undefined ? `none for ${url}` : given });
  }
  if (status !== 200) return refuse(`status ${status}`);
  const json = parseJsonStrict(body);
  if (!json.ok) return refuse(json.detail);
  const parsed = parseSnapshot(json.value);
  return parsed.ok ? parsed.snapshot : refuse(`an answer with a fault: ${parsed.faults[0]?.detail}`);
}
