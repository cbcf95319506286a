/** Clients of a world: two that make their own ids and send much twice, and the SDK's client. */
import { type Client, createClient } from '@armature/sdk';
import { createWriter, type Writer } from '../faults/writer.js';
import type { Books } from './invariants.js';
import { pause } from './offset-watch.js';
import type { World } from './world.js';

export interface LoadOptions {
  /** Share of decisions with which something acknowledged is sent again, to a server chosen anew. @default .15 */
  readonly duplicates?: number;
  /** Decisions of a writer at each step. @default 1 */
  readonly perStep?: number;
  /** Pause after each step, ms. @default 40 */
  readonly pauseMs?: number;
}

export interface Load {
  /** Sends what is left, and closes the clients. */
  finish(): Promise<Books & { readonly repeated: number; readonly made: number }>;
}

const FINISH_MS = 90_000;

const within = <T>(promise: Promise<T>, ms: number, what: () => string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Decisions and rewards of the SDK's client, until it is told to end. */
async function visit(client: Client, going: () => boolean, pauseMs: number): Promise<void> {
  await client.ready({ timeoutMs: 30_000 });
  for (let n = 0; going(); n += 1) {
    const decision = client.decide('clicks');
    if (n % 3 === 0) client.reward(decision, true);
    const unit = `visitor-${n % 50}`;
    if (n % 4 === 0) client.decide('pages', { unit });
    if (n % 8 === 0) client.reward({ experiment: 'pages', unit }, true);
    await pause(pauseMs);
  }
}

/** Starts clients that go on whatever dies. */
export function startLoad(world: World, options: LoadOptions = {}): Load {
  const { duplicates = 0.15, perStep = 1, pauseMs = 40 } = options;
  const { random, servers } = world;
  const anywhere = (): string => servers[Math.floor(random() * servers.length)]?.url ?? '';
  let going = true;
  let failure: unknown;
  const writers = [1, 2].map((): Writer => createWriter(anywhere, random, perStep, duplicates));
  const on = (): boolean => going && !world.over;
  const writing = writers.map(async (writer) => {
    while (on()) {
      await writer.step();
      await pause(pauseMs);
    }
    if (world.over) writer.abandon();
    await writer.finish();
  });
  for (const each of writing) each.catch((cause: unknown) => (failure ??= cause));
  const client = createClient({ url: servers[0]?.url ?? '', logger: false, outbox: { everyMs: 50 } });
  const visiting = visit(client, on, pauseMs).finally(() => (world.over ? client.close({ timeoutMs: 0 }) : undefined));
  const finish = async (): ReturnType<Load['finish']> => {
    going = false;
    const trouble = (): string => `not all was accepted: ${writers.map((writer) => writer.trouble).join('; ')}`;
    await within(Promise.all([...writing, visiting]), FINISH_MS, trouble).finally(() => {
      for (const writer of writers) writer.abandon();
    });
    if (failure !== undefined) throw failure;
    const { sent, produced } = await client.close({ timeoutMs: 60_000 });
    if (sent !== produced) throw new Error(`the client sent ${sent} of ${produced} events`);
    const accepted = new Set(writers.flatMap((writer) => [...writer.accepted]));
    const sum = (of: (writer: Writer) => number) => writers.reduce((total, writer) => total + of(writer), 0);
    return { accepted, sent, repeated: sum(({ repeated }) => repeated), made: sum(({ made }) => made) };
  };
  let finished: ReturnType<Load['finish']> | undefined;
  return {
    finish() {
      finished ??= finish();
      return finished;
    },
  };
}
