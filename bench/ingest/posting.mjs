import { Agent, request } from 'node:http';

/** One keep-alive connection per agent. Resolves with the status and the body of the answer. */
function send(agent, url, { method = 'GET', body } = {}) {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/cloudevents-batch+json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Sends requests one after the other over each of several connections until the time is over.
 *
 * @param next makes what the next request sends, by the connection's number
 * @param onAnswer told of each answer
 */
export async function keepSending({ url, connections, ms, next = () => ({}), onAnswer }) {
  const start = performance.now();
  const run = async (connection) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() - start < ms) {
      const what = next(connection);
      onAnswer(await send(agent, url, what), what, connection);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => run(connection)));
  return (performance.now() - start) / 1000;
}
