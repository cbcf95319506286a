import type { ErrorCode } from './errors.js';
import type { Reason } from './protocol/event.js';
import { encodeToken, type TokenKey } from './protocol/token.js';

/** What all decisions of one experiment, rule and arm have in common. Made once per snapshot. */
export interface Outcome {
  readonly experiment: string;
  readonly arm: string;
  readonly value: unknown;
  readonly reason: Reason;
  readonly randomised: boolean;
  readonly propensity: number;
  readonly propensities: { readonly [arm: string]: number };
  /** The experiment's own version, empty where no snapshot has it. */
  readonly snapshot: string;
  readonly definition: string;
  readonly rule: string | undefined;
  readonly period: number | undefined;
  /** Probability of what the stages before the draw did; undefined where there are none. */
  readonly outer: number | undefined;
}

/** Whose decision it is, and how fresh the snapshot was. */
export interface Moment {
  readonly id: string;
  /** Time of the decision, ms since the epoch. */
  readonly now: number;
  /** ms since the server last confirmed the snapshot. */
  readonly ageMs: number;
  readonly stale: boolean;
  /** Gives the key that signs tokens; undefined on an open server. */
  readonly tokenKey: () => TokenKey | undefined;
}

/** What the caller told about the decision. */
export interface Circumstances {
  readonly unit?: string | undefined;
  readonly requestId?: string | undefined;
  readonly expose?: boolean | undefined;
}

/** A decision as JSON: its fields, and the token. */
export type DecisionJson = { readonly [field: string]: unknown; readonly token: string };

/** Callers without types may pass anything: what is no text is not logged. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * The one implementation of `Decision`. Its fields are declared rather than defined: the constructor sets all of them, and
 * to define them first costs as much again.
 */
export class DecisionRecord {
  declare readonly experiment: string;
  declare readonly arm: string;
  declare readonly value: unknown;
  declare readonly reason: Reason;
  declare readonly randomised: boolean;
  declare readonly propensity: number;
  declare readonly propensities: { readonly [arm: string]: number };
  declare readonly id: string;
  declare readonly time: number;
  declare readonly unit: string | undefined;
  declare readonly requestId: string | undefined;
  declare readonly exposed: boolean;
  declare readonly snapshot: string;
  declare readonly definition: string;
  declare readonly rule: string | undefined;
  declare readonly period: number | undefined;
  declare readonly outer: number | undefined;
  declare readonly snapshotAgeMs: number;
  declare readonly stale: boolean;
  declare readonly error: ErrorCode | undefined;
  readonly #tokenKey: () => TokenKey | undefined;
  #token: string | undefined;

  constructor(outcome: Outcome, moment: Moment, by: Circumstances, error: ErrorCode | undefined) {
    this.experiment = outcome.experiment;
    this.arm = outcome.arm;
    this.value = outcome.value;
    this.reason = outcome.reason;
    this.randomised = outcome.randomised;
    this.propensity = outcome.propensity;
    this.propensities = outcome.propensities;
    this.id = moment.id;
    this.time = moment.now;
    this.unit = textOf(by.unit);
    this.requestId = textOf(by.requestId);
    this.exposed = by.expose !== false;
    this.snapshot = outcome.snapshot;
    this.definition = outcome.definition;
    this.rule = outcome.rule;
    this.period = outcome.period;
    this.outer = outcome.outer;
    this.snapshotAgeMs = moment.ageMs;
    this.stale = moment.stale;
    this.error = error;
    this.#tokenKey = moment.tokenKey;
    this.#token = undefined;
  }

  get token(): string {
    this.#token ??= encodeToken(
      {
        experiment: this.experiment,
        arm: this.arm,
        propensity: this.propensity,
        snapshot: this.snapshot,
        definition: this.definition,
        decision: this.id,
        issued: this.time,
        ...(this.unit === undefined ? {} : { unit: this.unit }),
        ...(this.requestId === undefined ? {} : { request: this.requestId }),
      },
      this.#tokenKey(),
    );
    return this.#token;
  }

  toJSON(): DecisionJson {
    return { ...Object.fromEntries(Object.entries(this)), token: this.token };
  }
}

interface Fields<Experiment extends string, Arm extends string, Value, AnyArm extends string> {
  readonly experiment: Experiment;
  /** The arm to serve. */
  readonly arm: Arm;
  /** The arm's value; its name where the experiment gives none. */
  readonly value: Value;
  readonly reason: Reason;
  /** Whether the arm was drawn. Only such decisions enter learning and inference. */
  readonly randomised: boolean;
  /** Probability with which `arm` was drawn, exactly; 1 where nothing was drawn. */
  readonly propensity: number;
  /** The whole vector it was drawn from. Frozen, and shared by decisions of the same snapshot and rule. */
  readonly propensities: { readonly [A in AnyArm]: number };
  /** UUIDv7: also the id of the decision event. */
  readonly id: string;
  /** When, ms since the epoch. */
  readonly time: number;
  readonly unit?: string | undefined;
  readonly requestId?: string | undefined;
  /** False for decisions made with `expose: false`: they count once `exposure()` is called. */
  readonly exposed: boolean;
  /** The experiment's own version "epoch.sequence"; empty where no snapshot has the experiment. */
  readonly snapshot: string;
  /** Content hash of the experiment's definition. */
  readonly definition: string;
  /** The rule of the snapshot that served. */
  readonly rule?: string | undefined;
  /** Index of the period, for experiments that draw anew each period. */
  readonly period?: number | undefined;
  /**
   * Probability of what holdout, layer and traffic did: of reaching the draw where one was made, of being held out or
   * excluded by them otherwise. Absent where the experiment has none, or something else came before them.
   */
  readonly outer?: number | undefined;
  /** ms since the server last confirmed the snapshot. */
  readonly snapshotAgeMs: number;
  /** Whether that is longer than `maxAgeMs`. */
  readonly stale: boolean;
  /** What was wrong: why the control arm was served, or (STICKY_NOT_LOADED) why a unit was drawn that may have an arm. */
  readonly error?: ErrorCode | undefined;
  /** Names the decision to `reward` in another process. Made when first read (about 10 us), then kept. */
  readonly token: string;
  toJSON(): DecisionJson;
}

type ArmsRecord = { readonly [arm: string]: unknown };

/**
 * What was decided and how: with its id and time, the whole log line. A union over the arms, so that
 * `decision.arm === 'large'` narrows `decision.value`.
 */
export type Decision<Experiment extends string = string, Arms extends ArmsRecord = ArmsRecord> = {
  [A in keyof Arms & string]: Fields<Experiment, A, Arms[A], keyof Arms & string>;
}[keyof Arms & string];
