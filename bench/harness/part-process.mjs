/**
 * The process of one part: one thing to measure, alone in its own V8, so that no other part's types and garbage are in
 * its way. It warms up once, then does a round whenever it is told to.
 *
 * A part is a module with `prepare(options)`, which resolves with `{ run(n), verify() }`: `run` does n operations,
 * `verify` throws unless all of them were really done, and returns what else the parent should know.
 */
const WARM_CPU_US = 600_000;
const ROUND_CPU_US = 200_000;
const MOST_OPERATIONS = 1 << 26;

const [, , location, text] = process.argv;
const { prepare } = await import(location);
const part = await prepare(JSON.parse(text));
let done = 0;
let perRound = 1;

async function measure(n) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await part.run(n);
  const wallUs = Number(process.hrtime.bigint() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  done += n;
  return { operations: n, cpuUs: user + system, wallUs };
}

/** Doubles the number of operations until enough time went by to compile what is hot, and keeps what makes one round. */
async function warm() {
  let spent = 0;
  for (let n = part.least ?? 1; spent < WARM_CPU_US && n < MOST_OPERATIONS; n *= 2) {
    const { cpuUs } = await measure(n);
    spent += cpuUs;
    perRound = n;
  }
  const { operations, cpuUs } = await measure(perRound);
  const wanted = Math.round((operations * ROUND_CPU_US) / Math.max(cpuUs, 1));
  perRound = Math.max(part.least ?? 1, wanted);
  return {};
}

const duties = {
  warm,
  round: () => measure(perRound),
  verify: async () => ({ operations: done, ...(await part.verify(done)) }),
};

process.on('message', async (duty) => {
  try {
    process.send({ ok: true, value: await duties[duty]() });
  } catch (cause) {
    process.send({ ok: false, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ ok: true, value: {} });
