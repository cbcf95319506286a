import { Agent, request } from 'node:http';

/** Longer than this nobody waits for an answer. */
const DEADLINE_MS = 5000;
const BEAT_MS = 5;
const MOST_CONNECTIONS = 512;

function send(agent, url, { body, type }, begun) {
  return new Promise((resolve) => {
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const done = (status, retryAfter) => resolve({ status, ms: performance.now() - begun, retryAfter });
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode, response.headers['retry-after']));
      response.on('error', () => done(0));
    });
    const timer = setTimeout(() => sent.destroy(), DEADLINE_MS);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', () => done(0));
    sent.end(body);
  });
}

/**
 * Sends requests at a fixed rate, whatever becomes of them: those who come do not know that others wait.
 *
 * @param perSecond requests
 * @param next makes what a request sends: `{ body, type }`
 * @returns each answer: `status` (0: none within five seconds), `ms` since it was due, `retryAfter`
 */
export async function sendOpenLoop({ url, perSecond, ms, next }) {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  const answers = [];
  const start = performance.now();
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    const due = Math.floor((elapsed / 1000) * perSecond);
    while (answers.length < due) {
      const begun = start + (answers.length * 1000) / perSecond;
      answers.push(send(agent, url, next(answers.length), begun));
    }
    await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}
