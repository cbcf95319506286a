/**
 * A lock between processes, as a file that names its holders. It is free again when every process it names has ended,
 * so that neither a kill of the holder nor one of its child alone leaves it taken or opens it too early.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';

const POLL_MS = 100;
const SPEAK_AFTER_MS = 1000;
const GIVE_UP_MS = 15 * 60 * 1000;
const BREAKER_STALE_MS = 10_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Creates `path` with `text` unless it exists; true when this call created it. */
function createOnce(path, text) {
  let file;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(file, text);
  closeSync(file);
  return true;
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** The processes that hold the lock; undefined when there is no such file. */
function holders(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return text.split(' ').filter(Boolean).map(Number);
}

/** A file of a live holder, or one just created whose holder has not yet written its name. */
function isHeld(path) {
  const pids = holders(path);
  if (pids === undefined) return false;
  if (pids.length === 0) return ageMs(path) < BREAKER_STALE_MS;
  return pids.some(alive);
}

/** Removes a lock whose holders have ended. Only one process at a time may, and it looks again once it is alone. */
function breakStale(path) {
  const breaker = `${path}.breaker`;
  if (!createOnce(breaker, String(process.pid))) {
    if (ageMs(breaker) > BREAKER_STALE_MS) rmSync(breaker, { force: true });
    return;
  }
  if (!isHeld(path)) rmSync(path, { force: true });
  rmSync(breaker, { force: true });
}

async function acquire(path) {
  const started = Date.now();
  let spoke = false;
  while (!createOnce(path, String(process.pid))) {
    if (!isHeld(path)) {
      breakStale(path);
    } else if (!spoke && Date.now() - started > SPEAK_AFTER_MS) {
      spoke = true;
      console.error(`waiting for another setup of this checkout (process ${holders(path)?.join(', ')}) ...`);
    } else if (Date.now() - started > GIVE_UP_MS) {
      throw new Error(`${path} has been held for ${GIVE_UP_MS / 60_000} minutes. If no setup is running, delete it.`);
    }
    await sleep(POLL_MS);
  }
}

/**
 * Runs `work` while holding the lock at `path`.
 * @param work receives a function by which it names a child process that holds the lock with it, should it be killed
 */
export async function withLock(path, work) {
  await acquire(path);
  const holdBy = (child) => {
    writeAtomically(path, `${process.pid} ${child}`);
  };
  try {
    return await work(holdBy);
  } finally {
    rmSync(path, { force: true });
  }
}

function writeAtomically(path, text) {
  const next = `${path}.${process.pid}`;
  rmSync(next, { force: true });
  createOnce(next, text);
  renameSync(next, path);
}
