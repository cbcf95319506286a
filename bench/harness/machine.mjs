import { cpus, loadavg } from 'node:os';

const NOISY_SHARE = 0.5;

/** What the numbers were measured on, and how busy it was when they began. */
export function machine() {
  const processors = cpus();
  const load = loadavg()[0];
  return {
    node: process.version,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    load,
    /** Others work here too: wall-clock figures mean less then. */
    busy: load > NOISY_SHARE * processors.length,
    at: new Date().toISOString(),
  };
}

/** The machine as one line. */
export function machineLine({ node, cpu, cores, load, busy }) {
  const word = busy ? ' (busy: wall-clock figures are pessimistic)' : '';
  return `Node ${node.slice(1)} · ${cpu} · ${cores} cores · load ${load.toFixed(2)} at start${word}`;
}
