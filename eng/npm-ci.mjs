// Runs `npm ci` when node_modules is missing or older than the lock file: once, also when several builds start together.
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.package-lock.json');
const manifest = join(root, 'package-lock.json');
const lock = join(root, '.npm-ci.lock');
const pollMilliseconds = 200;

const isFresh = () => existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(manifest).mtimeMs;
const sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

function isRunning(pid) {
  try { process.kill(pid, 0); return true; } catch (error) { return error.code === 'EPERM'; }
}

// The lock file holds its owner's process id, so that a lock left by a killed build is recognised and taken over.
function tryLock() {
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function dropStaleLock() {
  try {
    const owner = Number.parseInt(readFileSync(lock, 'utf8'), 10);
    const isBeingWritten = Number.isNaN(owner) && Date.now() - statSync(lock).mtimeMs < 5000;
    if (!isBeingWritten && !isRunning(owner)) rmSync(lock, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

while (!isFresh()) {
  if (!tryLock()) { dropStaleLock(); sleep(pollMilliseconds); continue; }
  try {
    if (isFresh()) break;
    const npm = spawnSync('npm', ['ci', '--no-progress', '--loglevel=error'],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
    if (npm.error || npm.status !== 0) process.exit(npm.error ? 127 : npm.status ?? 1);
    const now = new Date();
    utimesSync(stamp, now, now);
  } finally {
    rmSync(lock, { force: true });
  }
}
