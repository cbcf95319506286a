import { z } from 'zod';
import {
  decisionSchema,
  exposureSchema,
  rewardByDecisionSchema,
  rewardByTokenSchema,
  rewardByUnitSchema,
} from './event-schema.js';
import { experimentFileSchema } from './experiment-schema.js';
import { snapshotSchema } from './snapshot-schema.js';

export type JsonSchema = { readonly [keyword: string]: unknown };

const draft7 = (schema: z.ZodType, title: string): JsonSchema => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return { $schema, title, ...rest };
};

/**
 * JSON Schema, draft-07, of what people and other programs write: experiment files, events that a client sends,
 * snapshots. They tell the form; parsers tell the rest.
 *
 * @example
 * Object.keys(jsonSchemas()) // => ['experiment', 'event', 'snapshot']
 */
export function jsonSchemas(): { readonly [name in 'experiment' | 'event' | 'snapshot']: JsonSchema } {
  const event = z.union([
    decisionSchema,
    rewardByDecisionSchema,
    rewardByUnitSchema,
    rewardByTokenSchema,
    exposureSchema,
  ]);
  return {
    experiment: draft7(experimentFileSchema, 'Armature experiment'),
    event: draft7(event, 'Armature event'),
    snapshot: draft7(snapshotSchema, 'Armature snapshot'),
  };
}
