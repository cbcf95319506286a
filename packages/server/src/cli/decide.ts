import { layoutOf } from '@armature/analysis/log';
import { type Client, type Context, createClient, type Decision, type Snapshot } from '@armature/sdk';
import { fileStickyStore } from '@armature/sdk/node';
import { drawKey } from '@armature/sdk/policies';
import { nearest, type Rule, type SnapshotExperiment } from '@armature/sdk/protocol';
import { memoryStickyStore, type StickyStore, stickyAssignment } from '@armature/sdk/sticky';
import { InvalidArgumentError } from 'commander';
import { cliError } from './cli-errors.js';
import { DATA } from './data-directory.js';
import { drawScores, type Runner } from './draw-scores.js';
import { type MetStage, metStages, stageLines } from './met-stages.js';
import { plainText } from './plain-text.js';
import type { AddCommand } from './run.js';
import { snapshotOfDirectory, snapshotOfServer } from './served-snapshot.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface DecideFlags {
  readonly unit?: string;
  readonly requestId?: string;
  readonly context?: Context;
  readonly data: string;
  readonly url?: string;
  readonly log?: boolean;
  readonly json?: boolean;
}

/** Everything about one decision. */
interface Explained {
  readonly decision: Decision;
  /** The rule that matched; null where none did. */
  readonly rule: Rule | null;
  /** The stages before the draw, as far as the decision came; empty where it met none. */
  readonly stages: readonly MetStage[];
  /** What was hashed; null where nothing was drawn. */
  readonly key: string | null;
  readonly race: readonly Runner[];
  readonly logged: boolean;
}

function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

/** One `name=value` more; numbers, true and false are what they look like, and `"5"` is a text. */
function attribute(text: string, before: Context = {}): Context {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write name=value.');
  return { ...before, [text.slice(0, at)]: scalarOf(text.slice(at + 1)) };
}

function experimentIn(snapshot: Snapshot, name: string): SnapshotExperiment {
  const experiment = Object.hasOwn(snapshot.experiments, name) ? snapshot.experiments[name] : undefined;
  if (experiment !== undefined) return experiment;
  const names = Object.keys(snapshot.experiments);
  const near = nearest(name, names);
  const todo = near === undefined ? `name one of: ${names.join(', ') || 'none yet'}` : `did you mean ${near}?`;
  throw cliError('NOT_SERVED', { got: name, todo });
}

/** Sends the decision and says what the server made of it. */
async function send(client: Client, decision: Decision): Promise<void> {
  const refused: string[] = [];
  const stop = client.on('error', ({ code, message }) => refused.push(`${code}: ${message}`));
  const { dropped, queued } = await client.close({ timeoutMs: 5000 });
  stop();
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (lost + queued === 0 && decision.reason !== 'default') return;
  throw cliError('DECISION_REFUSED', { got: refused[0] ?? `reason ${decision.reason}` });
}

/** A copy of what the data directory keeps of a unit: looking keeps nothing. Of a server nobody can ask for it. */
async function keptOf(unit: string | undefined, { url, data }: DecideFlags): Promise<StickyStore> {
  const copy = memoryStickyStore();
  if (unit === undefined || url !== undefined) return copy;
  for (const record of await fileStickyStore(layoutOf(data).sticky).get(unit)) await copy.setIfAbsent(unit, record);
  return copy;
}

async function explain(name: string, flags: DecideFlags, terminal: Terminal): Promise<Explained> {
  const { url, log = false } = flags;
  const apiKey = terminal.variable('ARMATURE_API_KEY');
  const snapshot =
    url === undefined ? await snapshotOfDirectory(flags.data, terminal.now()) : await snapshotOfServer(url, apiKey);
  const experiment = experimentIn(snapshot, name);
  const there = log && url !== undefined ? { url, ...(apiKey === undefined ? {} : { apiKey }) } : {};
  if (log && experiment.assign === 'sticky') {
    const todo = 'POST /v1/decide: the server knows the arms that are kept, and this command does not';
    throw cliError('USAGE', { got: `--log for ${name}, which is assign: sticky`, todo });
  }
  const { unit, requestId, context } = flags;
  const sticky = stickyAssignment(await keptOf(unit, flags));
  const client = createClient({ bootstrap: snapshot, refresh: 'manual', logger: false, sticky, ...there });
  if (unit !== undefined) await client.prefetch(unit);
  const decision = client.decide(name, { unit, requestId, context });
  if (log) await send(client, decision);
  else await client.close({ timeoutMs: 0 });
  const rule = experiment.rules.find(({ id }) => id === decision.rule) ?? null;
  const stages = metStages(experiment, decision);
  if (decision.reason !== 'split' || rule === null) return { decision, rule, stages, key: null, race: [], logged: log };
  const key = keyOf(experiment, decision);
  const race = drawScores(experiment.salt, experiment.arms, rule.weights, key);
  return { decision, rule, stages, key, race, logged: log };
}

function keyOf({ assign, period }: SnapshotExperiment, { id, unit, requestId }: Decision): string {
  if (assign === 'request' || unit === undefined) return requestId ?? id;
  return period === undefined ? unit : drawKey(unit, period);
}

function conditionsOf(rule: Rule): string {
  if (rule.if === undefined || rule.if.length === 0) return 'everybody';
  return rule.if.map(({ attribute: name, op, value }) => `${name} ${op} ${JSON.stringify(value)}`).join(' and ');
}

function print({ decision, rule, stages, key, race, logged }: Explained, terminal: Terminal): void {
  const { bold, dim, green } = terminal.colours;
  const line = (title: string, text: string): void => terminal.out(`${dim(title.padEnd(11))} ${plainText(text)}`);
  terminal.out(`${bold(`${decision.experiment}: ${decision.arm}`)}  ${dim(plainText(JSON.stringify(decision.value)))}`);
  line('reason', `${decision.reason}${decision.error === undefined ? '' : ` (${decision.error})`}`);
  line('randomised', decision.randomised ? 'yes' : 'no, so that it enters neither learning nor inference');
  line('propensity', String(decision.propensity));
  if (decision.outer !== undefined) line('outer', `${decision.outer}`);
  line(
    'rule',
    rule === null
      ? stages.length > 0
        ? 'one that is drawn, but the stages come first'
        : 'none matched'
      : `${rule.id}: ${conditionsOf(rule)}`,
  );
  line('version', `${decision.snapshot}, definition ${decision.definition.slice(0, 15)}`);
  if (key !== null) line('hash key', JSON.stringify(key));
  line('logged', logged ? 'yes' : 'no');
  for (const text of stageLines(stages, terminal.colours)) terminal.out(text);
  if (race.length === 0) return;
  const columns = [{ title: 'arm' }, ...['probability', 'u', '-ln(u)/p'].map((title) => ({ title, right: true }))];
  const rows = race.map(({ arm, weight, uniform, score }) => [
    arm,
    weight.toFixed(9),
    uniform.toFixed(9),
    score === null ? 'out' : score.toFixed(6),
  ]);
  const [head, ...lines] = tableLines(columns, rows);
  terminal.out('');
  terminal.out(dim(head ?? ''));
  for (const [index, text] of lines.entries()) {
    terminal.out(race[index]?.arm === decision.arm ? green(`${text}  smallest: drawn`) : text);
  }
}

/** `armature decide`: one decision with everything that led to it. */
export const decideCommand: AddCommand = (program, terminal) => {
  program
    .command('decide')
    .description('make one decision and tell all about it; it is not logged unless --log says so')
    .argument('<experiment>', 'name')
    .option('--unit <id>', 'who')
    .option('--request-id <id>', 'key of the draw where each request is randomised')
    .option('--context <name=value>', 'an attribute that rules ask about; may be repeated', attribute)
    .option('--data <folder>', 'data directory to read the weights from', DATA)
    .option('--url <url>', 'server to ask instead; ARMATURE_API_KEY is sent where it is set')
    .option('--log', 'send the decision to the server, so that it counts')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ armature decide checkout-button --unit u-1 --context country=DE --data .armature',
    )
    .action(async (name: string, flags: DecideFlags) => {
      if (flags.log && flags.url === undefined) {
        throw cliError('USAGE', { got: '--log without --url', todo: 'name the server that is to log it' });
      }
      if (flags.url !== undefined && !URL.canParse(flags.url)) {
        throw cliError('USAGE', { got: `--url ${flags.url}`, todo: 'write an address such as http://127.0.0.1:4400' });
      }
      const explained = await explain(name, flags, terminal);
      if (flags.json) terminal.out(JSON.stringify(explained, null, 2));
      else print(explained, terminal);
    });
};
