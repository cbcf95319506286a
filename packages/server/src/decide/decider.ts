import {
  type Client,
  createClient,
  type Decision,
  isArmatureError,
  type Snapshot,
  type Transport,
} from '@armature/sdk';
import {
  type DecisionEvent,
  EVENT_TYPES,
  encodeToken,
  nearest,
  type SnapshotExperiment,
  type TokenKey,
} from '@armature/sdk/protocol';
import type { StickyAssignment } from '@armature/sdk/sticky';
import { serverError } from '../errors.js';
import type { IngestResult } from '../ingest/ingest.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock, Logger } from '../ports.js';
import { RequestFault } from '../problem.js';
import type { DecideRequest } from './decide-request.js';

/** A decision as `/v1/decide` answers it. */
export interface DecideAnswerItem {
  readonly experiment: string;
  readonly arm: string;
  readonly value: unknown;
  readonly propensity: number;
  readonly propensities: { readonly [arm: string]: number };
  readonly reason: string;
  readonly randomised: boolean;
  readonly id: string;
  readonly token: string;
  /** False for a decision that does not count yet. */
  readonly exposed?: false;
  readonly error?: string;
}

export interface DecideAnswer {
  readonly snapshot: string;
  readonly decisions: readonly DecideAnswerItem[];
}

export interface DeciderParts {
  readonly snapshot: () => Snapshot;
  readonly onSnapshot: (listener: (snapshot: Snapshot) => void) => () => void;
  readonly ingest: (items: readonly unknown[]) => Promise<IngestResult>;
  /** Signs tokens, where they are signed. */
  readonly keys: Pick<KeyRing, 'signingKey'>;
  readonly sticky: StickyAssignment;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long closing waits for arms that a store has not kept yet. */
const CLOSE_MS = 2000;

export interface Decider {
  decide(request: DecideRequest): Promise<DecideAnswer>;
  close(): Promise<void>;
}

/**
 * Decides on the server, by the client that everybody else uses: one draw for all. Its decisions become durable here,
 * before they are answered, so its own outbox has nothing to send.
 */
export async function createDecider(parts: DeciderParts): Promise<Decider> {
  const transport: Transport = {
    send: async (events) => ({ accepted: events.length, rejected: 0, errors: [] }),
    fetchSnapshot: async (version) => (parts.snapshot().version === version ? 'unchanged' : parts.snapshot()),
    subscribe: (onSnapshot) => parts.onSnapshot(onSnapshot),
    get tokenKey() {
      return parts.keys.signingKey;
    },
  };
  const client = createClient({ transport, sticky: parts.sticky, now: parts.clock.now, logger: false });
  await client.ready();
  return {
    async decide({ experiments, ...options }) {
      const snapshot = parts.snapshot();
      const names = experiments ?? Object.keys(snapshot.experiments);
      checkNames(names, snapshot);
      const decisions = await decided(client, names, snapshot, options);
      const unlogged = await log(decisions, parts);
      const answers = decisions.map((decision) => {
        const experiment = snapshot.experiments[decision.experiment];
        if (!unlogged.has(decision.id) || experiment === undefined) return answerOf(decision);
        return controlOf(decision, experiment, unlogged.get(decision.id) ?? '', parts.keys.signingKey);
      });
      return { snapshot: snapshot.version, decisions: answers };
    },
    async close() {
      await client.close({ timeoutMs: CLOSE_MS });
    },
  };
}

/**
 * What is kept of the unit is read before, and what was drawn is kept before the answer: where another server was first,
 * its arm is the answer, also to a request that met the draw of another one on its way to the store. Nothing of this is
 * waited for when the store fails.
 */
async function decided(
  client: Client,
  names: readonly string[],
  snapshot: Snapshot,
  options: Omit<DecideRequest, 'experiments'>,
): Promise<readonly Decision[]> {
  const { unit } = options;
  const isSticky = (name: string): boolean => snapshot.experiments[name]?.assign === 'sticky';
  if (unit === undefined || !names.some(isSticky)) return names.map((name) => client.decide(name, options));
  await client.prefetch(unit);
  const decisions = names.map((name) => client.decide(name, options));
  const held = decisions.filter(({ experiment, randomised }) => randomised && isSticky(experiment));
  if (held.length === 0 || held.some(({ error }) => error !== undefined)) return decisions;
  await client.prefetch(unit);
  return decisions.map((decision) => {
    const kept = held.includes(decision) ? client.decide(decision.experiment, options) : decision;
    return kept.arm === decision.arm ? decision : kept;
  });
}

function checkNames(names: readonly string[], snapshot: Snapshot): void {
  const known = Object.keys(snapshot.experiments);
  const unknown = names.map((name, index) => ({ name, index })).filter(({ name }) => !known.includes(name));
  if (unknown.length === 0) return;
  const errors = unknown.map(({ name, index }) => {
    const close = nearest(name, known);
    const advice = close === undefined ? '' : `, did you mean ${close}?`;
    return { pointer: `/experiments/${index}`, code: 'UNKNOWN_EXPERIMENT', detail: `no experiment "${name}"${advice}` };
  });
  throw new RequestFault(422, 'UNKNOWN_EXPERIMENT', 'no experiment has this name', errors[0]?.detail ?? '', errors);
}

/**
 * Makes the decisions durable. Those that are not, and why.
 *
 * @throws WRITE_UNCERTAIN where one may be in the log all the same: "not randomised" is not for us to say then
 */
async function log(decisions: readonly Decision[], parts: DeciderParts): Promise<ReadonlyMap<string, string>> {
  const logged = decisions.filter(({ reason }) => reason !== 'default');
  if (logged.length === 0) return new Map();
  try {
    const { errors } = await parts.ingest(logged.map(eventOf));
    const uncertain = errors.find(({ code }) => code === 'WRITE_UNCERTAIN');
    if (uncertain !== undefined) throw serverError('WRITE_UNCERTAIN', { got: uncertain.detail });
    return new Map(errors.map(({ id, code }) => [id, code]));
  } catch (cause) {
    if (isArmatureError(cause) && cause.code === 'WRITE_UNCERTAIN') throw cause;
    parts.logger.warn('decisions not logged, control served', { cause: String(cause) });
    const code = (cause as { readonly code?: string }).code ?? 'LOG_UNAVAILABLE';
    return new Map(logged.map(({ id }) => [id, code]));
  }
}

function eventOf(decision: Decision): DecisionEvent {
  const { unit, requestId, period, rule, outer } = decision;
  return {
    specversion: '1.0',
    type: EVENT_TYPES.decision,
    source: '/server/decide',
    id: decision.id,
    time: new Date(decision.time).toISOString(),
    data: {
      experiment: decision.experiment,
      definition: decision.definition,
      arm: decision.arm,
      propensity: decision.propensity,
      snapshot: decision.snapshot,
      reason: decision.reason,
      ...(unit === undefined ? {} : { unit }),
      ...(requestId === undefined ? {} : { request: requestId }),
      ...(period === undefined ? {} : { period }),
      ...(rule === undefined || rule === 'policy' ? {} : { rule }),
      ...(outer === undefined ? {} : { outer }),
      ...(decision.exposed ? {} : { exposed: false }),
    },
  };
}

function answerOf(decision: Decision): DecideAnswerItem {
  const { experiment, arm, value, propensity, propensities, reason, randomised, id, token, error } = decision;
  const unseen = decision.exposed ? {} : { exposed: false as const };
  const failed = error === undefined ? {} : { error };
  return { experiment, arm, value, propensity, propensities, reason, randomised, id, token, ...unseen, ...failed };
}

/** What is answered when the log did not take the decision: the control arm, which teaches nothing. */
function controlOf(
  decision: Decision,
  experiment: SnapshotExperiment,
  error: string,
  key: TokenKey | undefined,
): DecideAnswerItem {
  const { control: arm, arms, values } = experiment;
  const { id, unit, requestId: request, snapshot, definition, time: issued } = decision;
  const token = encodeToken(
    {
      ...{ experiment: decision.experiment, arm, propensity: 1, snapshot, definition, decision: id, issued },
      ...(unit === undefined ? {} : { unit }),
      ...(request === undefined ? {} : { request }),
    },
    key,
  );
  return {
    experiment: decision.experiment,
    arm,
    value: values?.[arms.indexOf(arm)] ?? arm,
    propensity: 1,
    propensities: Object.fromEntries(arms.map((name) => [name, name === arm ? 1 : 0])),
    reason: 'default',
    randomised: false,
    ...{ id, token, error },
  };
}
