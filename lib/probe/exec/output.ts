const MAX_OUTPUT_BYTES = 64 * 1024;
const TAIL_BYTES = 64;

export type Output = {
  /** Standard output and error, as they came. */
  readonly output: string;
  readonly stdout: string;
  /** More than 64 KiB came. */
  readonly truncated: boolean;
};

type Stream = 'stdout' | 'stderr';

export type Capture = {
  readonly add: (chunk: Buffer, from: Stream) => void;
  readonly output: () => Output;
  /** The last of standard error, however much came. */
  readonly errorTail: () => string;
  /** Takes back so much of the end of standard error. */
  readonly dropErrorTail: (bytes: number) => void;
};

const SILENCE: Output = { output: '', stdout: '', truncated: false };

/** Takes all that comes, so that the program never blocks, and keeps the beginning. */
export const createCapture = (): Capture => {
  const kept: { chunk: Buffer; readonly from: Stream }[] = [];
  let comeBytes = 0;
  let keptBytes = 0;
  let lostErrorBytes = 0;
  let errorTail = '';
  return {
    add: (chunk, from) => {
      const beginning = chunk.subarray(0, MAX_OUTPUT_BYTES - keptBytes);
      comeBytes += chunk.length;
      keptBytes += beginning.length;
      if (beginning.length > 0) kept.push({ chunk: beginning, from });
      if (from === 'stdout') return;
      lostErrorBytes += chunk.length - beginning.length;
      errorTail = (errorTail + chunk.toString('latin1', Math.max(0, chunk.length - TAIL_BYTES))).slice(
        -TAIL_BYTES,
      );
    },
    output: () =>
      kept.length === 0
        ? SILENCE
        : {
            output: Buffer.concat(kept.map(one => one.chunk)).toString(),
            stdout: Buffer.concat(kept.filter(one => one.from === 'stdout').map(one => one.chunk)).toString(),
            truncated: comeBytes > MAX_OUTPUT_BYTES,
          },
    errorTail: () => errorTail,
    dropErrorTail: bytes => {
      comeBytes -= bytes;
      let leftBytes = bytes - lostErrorBytes;
      for (const one of kept.toReversed())
        if (one.from === 'stderr' && leftBytes > 0) {
          const { length } = one.chunk;
          one.chunk = one.chunk.subarray(0, Math.max(0, length - leftBytes));
          leftBytes -= length;
        }
    },
  };
};
