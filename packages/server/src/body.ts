import { parseJsonStrict } from '@armature/sdk/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from './errors.js';
import { loopTurn, type TurnLimits } from './loop-turn.js';
import { RequestFault } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether bodies are large and can wait: under load they are refused before others have to wait. */
    bulk?: boolean;
  }
}

/** Content types of one event, of a batch, and of either. */
export const CONTENT_TYPES = [
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
] as const;

/** Reads every body strictly: bytes, one JSON value, no key twice, no encodings; those that can wait within a turn's limits. */
export function strictBodies(app: FastifyInstance, turn: Partial<TurnLimits> = {}): void {
  const takes = loopTurn(turn);
  app.removeAllContentTypeParsers();
  app.addHook('onRequest', async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      throw serverError('CONTENT_ENCODING', { got: 'a Content-Encoding other than identity' });
    const charset = /;\s*charset=("?)([^";]*)\1/i.exec(request.headers['content-type'] ?? '')?.[2];
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8')
      throw serverError('CONTENT_TYPE', { got: 'another charset than utf-8' });
  });
  app.addContentTypeParser([...CONTENT_TYPES], { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (request.routeOptions.config.bulk === true && !takes(body.length)) {
      throw serverError('OVERLOADED', { got: 'more bodies at once than can be worked off' });
    }
    const parsed = parseJsonStrict(body);
    if (parsed.ok) return parsed.value;
    throw new RequestFault(400, parsed.code, 'the body is not acceptable JSON', parsed.detail);
  });
}
