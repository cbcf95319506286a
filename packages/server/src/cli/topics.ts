import { type Command, InvalidArgumentError } from 'commander';
import { groupFindings, type TopicFinding, topicFindings } from '../cluster/topic-check.js';
import { creationCommand, LEAST_RETENTION_MS, topicPlans } from '../cluster/topic-plan.js';
import { serverError } from '../errors.js';
import { CLUSTER_HELP, requireKafka, withKafka } from './cluster-options.js';
import type { ClusterFlags } from './cluster-settings.js';
import { duration } from './quantity.js';
import type { AddCommand } from './run.js';
import { integer } from './serve.js';
import { tableLines } from './table.js';
import type { Terminal } from './terminal.js';

interface Flags extends ClusterFlags {
  readonly partitions: number;
  readonly replication?: number;
  readonly retention: number;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** Whether a topic was made now, or was there. */
interface TopicLine {
  readonly topic: string;
  readonly state: 'made' | 'there';
  readonly partitions: number;
  readonly replication: number;
  readonly findings: readonly TopicFinding[];
}

const PRINTED_REPLICATION = 3;
const inDays = duration(LEAST_RETENTION_MS, '7d');

/** A duration of at least seven days, or `forever`. */
function retention(text: string): number {
  if (text === 'forever') return -1;
  try {
    return inDays(text);
  } catch (cause) {
    throw new InvalidArgumentError(`${(cause as Error).message.replace(/\.$/, '')}, or forever.`);
  }
}

/** Makes what is missing, then looks at all of them as Kafka has them. */
async function make(flags: Flags, terminal: Terminal): Promise<readonly TopicLine[]> {
  const kafka = requireKafka(flags, terminal.variable);
  // loaded here, since other commands have no use for a client of Kafka
  const { brokerCount, createTopics, defaultReplication, describeTopics } = await import('../adapters/kafka/topics.js');
  const replication = flags.replication ?? defaultReplication(await brokerCount(kafka));
  const choices = { partitions: flags.partitions, replication, retentionMs: flags.retention };
  const results = await createTopics(kafka, topicPlans(kafka.prefix, choices));
  const found = await describeTopics(kafka);
  const count = found.find(({ kind }) => kind === 'events')?.partitions;
  return results.flatMap(({ plan, made }) => {
    const topic = found.find(({ kind }) => kind === plan.kind);
    if (topic === undefined) throw serverError('TOPIC_MISSING', { got: plan.topic });
    const findings = topicFindings(topic, kafka.brokers, count);
    const state = made ? 'made' : 'there';
    return [{ topic: plan.topic, state, partitions: topic.partitions, replication: topic.replication, findings }];
  });
}

function print(lines: readonly TopicLine[], terminal: Terminal): void {
  const { dim, green } = terminal.colours;
  const columns = [
    { title: 'topic' },
    { title: 'partitions', right: true },
    { title: 'copies', right: true },
    { title: '' },
  ];
  const rows = lines.map(({ topic, partitions, replication, state, findings }) => [
    ...[topic, String(partitions), String(replication)],
    findings.some(({ level }) => level === 'fault') ? `${state}, not suitable` : state,
  ]);
  const [head, ...table] = tableLines(columns, rows);
  terminal.out(dim(head ?? ''));
  for (const [index, line] of table.entries()) terminal.out(lines[index]?.state === 'made' ? green(line) : line);
  printFindings(
    lines.flatMap(({ findings }) => findings),
    terminal,
  );
}

/** One line for what several topics have in common, then the commands. */
function printFindings(findings: readonly TopicFinding[], terminal: Terminal): void {
  const { dim, yellow, red } = terminal.colours;
  for (const group of groupFindings(findings)) {
    const [first] = group;
    if (first === undefined) continue;
    const { level, setting, found, wanted, why } = first;
    const colour = level === 'fault' ? red : yellow;
    const topics = group.map(({ topic }) => topic).join(', ');
    terminal.out(`${colour(level)}  ${topics}: ${setting} is ${found}, not ${wanted}: ${why}`);
    for (const fix of new Set(group.map((finding) => finding.fix))) terminal.out(dim(`  ${fix}`));
  }
}

async function create(flags: Flags, terminal: Terminal): Promise<void> {
  if (flags.print) {
    const { brokers, prefix } = requireKafka(flags, terminal.variable);
    const { partitions, retention: retentionMs, replication = PRINTED_REPLICATION } = flags;
    const plans = topicPlans(prefix, { partitions, replication, retentionMs });
    const commands = plans.map((plan) => creationCommand(brokers, plan));
    return terminal.out(flags.json ? JSON.stringify({ commands }, null, 2) : commands.join('\n'));
  }
  const lines = await make(flags, terminal);
  if (flags.json) terminal.out(JSON.stringify({ topics: lines }, null, 2));
  else print(lines, terminal);
  const faults = lines.flatMap(({ findings }) => findings).filter(({ level }) => level === 'fault');
  const other = lines.find(({ topic }) => topic.endsWith('.events'));
  const [first] = faults;
  if (first !== undefined) {
    const got = `${first.topic} with ${first.setting} ${first.found}`;
    const todo = 'run the commands that are told above: what is there was left as it is';
    throw serverError('TOPIC_UNSUITABLE', { got, todo });
  }
  if (other?.state === 'there' && other.partitions !== flags.partitions && !flags.json) {
    terminal.err(`${other.topic} keeps its ${other.partitions} partitions: their number is fixed`);
  }
}

/** `armature topics`: makes the topics in Kafka. */
export const topicsCommand: AddCommand = (program, terminal) => {
  const topics = program
    .command('topics')
    .description('make the topics in Kafka')
    .addHelpText('after', '\nExample:\n  $ armature topics create --kafka 127.0.0.1:9092');
  const command: Command = topics
    .command('create')
    .description('make those of the four topics that are missing; what is there is checked, and left as it is')
    .option('--partitions <number>', 'of the events, fixed for ever', integer(1, 1024), 4)
    .option('--replication <number>', 'copies of each record (default: 3, or one for each broker)', integer(1, 15))
    .option('--retention <duration>', 'how long events are kept, or forever (default: 7d)', retention)
    .option('--print', "print commands of Kafka's own tools instead; Kafka is not asked")
    .option('--json', 'print JSON');
  withKafka(command)
    .addHelpText(
      'after',
      `\n${CLUSTER_HELP}\n1 where a topic is not suitable.\n\nExample:\n  $ armature topics create --kafka 127.0.0.1:9092 --partitions 4`,
    )
    .action((flags: Omit<Flags, 'retention'> & { readonly retention?: number }) =>
      create({ ...flags, retention: flags.retention ?? LEAST_RETENTION_MS }, terminal),
    );
};
