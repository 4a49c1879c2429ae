import { existsSync, writeFileSync } from 'node:fs';

/** Where Debian and Ubuntu put it. */
const LIBFAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find(existsSync);

const SHIFTED_DATE = new URL('shifted-date.ts', import.meta.url).href;

/** The wall clock of one monitor, as it reads it: the monotonic one is left alone, as NTP and people leave it. */
export type WallClock = {
  readonly means: string;
  readonly environment: { readonly [variable: string]: string };
  readonly stepTo: (offsetMs: number) => void;
};

/** By libfaketime where it is installed: then files and the database are dated by it, too. Else by `Date` alone. */
export const wallClock = (file: string): WallClock => {
  const stepTo = (offsetMs: number): void =>
    writeFileSync(file, `${offsetMs < 0 ? '-' : '+'}${Math.abs(offsetMs) / 1000}`);
  stepTo(0);
  return LIBFAKETIME === undefined
    ? {
        means: 'a shifted Date',
        environment: { NODE_OPTIONS: `--import=${SHIFTED_DATE}`, SHIFTED_DATE_FILE: file },
        stepTo,
      }
    : {
        means: 'libfaketime',
        environment: {
          LD_PRELOAD: LIBFAKETIME,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        },
        stepTo,
      };
};
