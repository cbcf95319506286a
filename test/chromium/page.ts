/** What the page of the test runs: bundled from the built package, as an application would. */
import { createClient, type GivenDecision } from '@armature/sdk/browser';

declare const SERVER: string;
declare const KEY: string;

const given = document.getElementById('decisions')?.textContent ?? '';
const decisions = given === '' ? undefined : (JSON.parse(given) as GivenDecision[]);
const client = createClient({ url: SERVER, apiKey: KEY, decisions, logger: false });
const errors: string[] = [];
client.on('error', ({ code }) => errors.push(code));
Object.assign(globalThis, { armature: { client, errors, first: client.decide('button', { expose: false }) } });
