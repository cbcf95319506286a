import { applyRecord, type ClosedTrial, emptyState } from '@armature/analysis/fold';
import { type DecisionData, EVENT_TYPES, type LogEvent, type LogRecord } from '@armature/sdk/protocol';
import { VECTORS, worldOf } from './world.js';

/** Records as a log would hold them, and the fold over a list of them. */
export const START = Date.parse('2026-01-01T00:00:00.000Z');
export const ARMS = ['a', 'b', 'c'] as const;
export const registry = worldOf();

export const uuid = (ms: number, n: number) => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
};
export const iso = (ms: number) => new Date(ms).toISOString();
export const envelope = (id: string, time: number) => ({
  specversion: '1.0' as const,
  source: '/test',
  id,
  time: iso(time),
});

export function decision(id: string, time: number, data: Partial<DecisionData> & { experiment: string }): LogEvent {
  const { snapshot = '1.1', arm = 'a' } = data;
  const propensity = VECTORS[snapshot]?.[ARMS.indexOf(arm as 'a')] ?? 0;
  const full: DecisionData = {
    definition: `sha256:${data.experiment}`,
    arm,
    snapshot,
    propensity,
    reason: 'split',
    ...data,
  };
  return { ...envelope(id, time), type: EVENT_TYPES.decision, data: full };
}
export const reward = (id: string, time: number, data: object): LogEvent =>
  ({ ...envelope(id, time), type: EVENT_TYPES.reward, data }) as LogEvent;
export const tick = (n: number, time: number, start = false): LogEvent => ({
  ...envelope(`tick-${n}`, time),
  type: EVENT_TYPES.tick,
  data: start ? { start } : {},
});

export function logOf(entries: readonly (readonly [number, LogEvent])[]): LogRecord<LogEvent>[] {
  return entries.map(([at, event], offset) => ({ offset, at, event }));
}

export function foldAll(records: readonly LogRecord<LogEvent>[], world = registry) {
  const state = emptyState();
  const rows: ClosedTrial[] = [];
  for (const record of records) applyRecord(state, record, world, { counted: (row) => rows.push(row) });
  return { state, rows };
}
