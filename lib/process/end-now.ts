import { accessSync, constants } from 'node:fs';

const SHELL = '/bin/sh';

const hasShell = (): boolean => {
  try {
    accessSync(SHELL, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Ends this process with exit code 1 whatever its threads do. `process.exit` waits for each of them, forever for one
 *  that hangs in a call to the system; a process that becomes another loses them all. */
export const endNow = (): never => {
  process.emit('exit', 1);
  // Experimental in Node 24, which would be said on standard error.
  process.removeAllListeners('warning');
  if (typeof process.execve === 'function' && hasShell()) process.execve(SHELL, [SHELL, '-c', 'exit 1'], {});
  process.kill(process.pid, 'SIGKILL');
  return process.exit(1);
};
