import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

/** Lets other threads go first where the cores do not suffice for all. Only Linux knows a priority of a thread. */
export const giveWay = (): void => {
  try {
    const threadId = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(threadId, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Another system, or one that does not allow it: the thread stays as it is.
  }
};
