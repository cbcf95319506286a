/** Versions and definitions as a config log holds them. */
import { type ConfigEvent, definitionOf, EVENT_TYPES, type SnapshotEvent } from '@armature/sdk/protocol';
import { experimentOf } from '../../../analysis/test/fold/world.js';

const TIME = '2026-01-01T00:00:00.000Z';
const { hash, body } = definitionOf(experimentOf({}));

export function definition(id: string): ConfigEvent {
  return {
    ...{ specversion: '1.0', type: EVENT_TYPES.config, source: '/test', id, time: TIME },
    data: { experiment: body.id, definition: hash, action: 'applied', effect: 'resets-posterior', by: 'a test', body },
  };
}

/** A version, under an id that says who made it. */
export function version(name: string, id: string): SnapshotEvent {
  const data = {
    ...{
      experiment: body.id,
      version: name,
      definition: hash,
      arms: ['a', 'b', 'c'],
      rules: { policy: [0.5, 0.3, 0.2] },
    },
    ...{ means: { click: [0, 0, 0] }, asOf: { '0': 0 } },
  };
  return { specversion: '1.0', type: EVENT_TYPES.snapshot, source: '/test', id, time: TIME, data };
}
