/** Loaded before the server: its syncs of files fail as those of a broken disk, once there is a file of this name. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';

const broken = process.env.ARMATURE_TEST_BROKEN_DISK ?? '';
const file = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(file);
await file.close();

const { datasync } = prototype;
prototype.datasync = async function () {
  if (existsSync(broken))
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', syscall: 'fdatasync' });
  await datasync.call(this);
};
