import { readFileSync } from 'node:fs';

/** Loaded before a monitor: its `Date.now` is off by the seconds that a file says. */

const file = process.env.SHIFTED_DATE_FILE ?? '';
const READ_EVERY_MS = 10;

const systemNow = Date.now;
let offsetMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

Date.now = () => {
  if (performance.now() - readAtMs > READ_EVERY_MS) {
    readAtMs = performance.now();
    offsetMs = Number(readFileSync(file, 'utf8')) * 1000 || offsetMs;
  }
  return systemNow() + offsetMs;
};
