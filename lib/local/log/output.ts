import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '../../domain/clock.ts';

export type Output = {
  readonly write: (text: string) => void;
  /** Written but not yet taken by the reader. */
  readonly waitingBytes: () => number;
  /** The last call: resolves when all is taken, or after `withinMs`, and the rest is dropped. */
  readonly flush: (withinMs: number) => Promise<void>;
};

/** `process.stdout` blocks the whole process while the reader of a pipe or terminal stands still; these wait. */
const streamOf = (fd: number): Writable => {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket()
    ? new Socket({ fd, readable: false, writable: true })
    : createWriteStream('', { fd, autoClose: false });
};

/** Writes to a file, pipe or terminal without ever waiting for it. A reader that is gone is no error:
 *  what is written from then on is dropped. */
export const openOutput = (fd: number, clock: Clock): Output => {
  const stream = streamOf(fd);
  let isOpen = true;
  stream.on('error', () => {
    isOpen = false;
  });
  return {
    write: text => {
      if (!isOpen) return;
      if (stream.writableCorked === 0) {
        // In a storm two lines a transition: written one by one they cost the loop 35 µs each.
        stream.cork();
        setImmediate(() => stream.uncork());
      }
      stream.write(text);
    },
    waitingBytes: () => (isOpen ? stream.writableLength : 0),
    flush: async withinMs => {
      if (!isOpen || stream.writableLength === 0) return;
      stream.uncork();
      const taken = new AbortController();
      stream.write('', () => taken.abort());
      await clock.sleep(withinMs, taken.signal);
      // What is left would keep the process alive until its reader goes away.
      if (!taken.signal.aborted) stream.destroy();
    },
  };
};
