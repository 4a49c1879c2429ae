import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { usageOf } from '../../bench/harness/process-usage.ts';
import { type Fact, fact } from '../scenario.ts';
import type { Monitor } from './monitor.ts';

const MB = 1024 * 1024;

export type MemoryWatch = {
  /** Of the process and all below it, from the start of watching. */
  readonly look: () => void;
  /** Flat: what it takes at the end is hardly more than after `settledMs`, once so long has passed. */
  readonly facts: (settledMs: number, mostMb: number) => readonly Fact[];
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Garbage comes and goes: a tenth, and some. */
const GROWTH = 1.1;
const GROWTH_MB = 15;
const LAST_LOOKS = 10;

export const watchMemory = (monitor: Monitor): MemoryWatch => {
  const fromMs = performance.now();
  const looks: { readonly atMs: number; readonly mb: number }[] = [];
  return {
    look: () => void looks.push({ atMs: performance.now() - fromMs, mb: usageOf(monitor.pid).rssBytes / MB }),
    facts: (settledMs, mostMb) => {
      const most = Math.round(Math.max(0, ...looks.map(({ mb }) => mb)));
      const settled = looks.filter(({ atMs }) => atMs >= settledMs).map(({ mb }) => mb);
      const first = median(settled.slice(0, LAST_LOOKS));
      const last = median(settled.slice(-LAST_LOOKS));
      const isFlat = last <= first * GROWTH + GROWTH_MB;
      return [
        fact(`memory stays under ${mostMb} MB`, most <= mostMb, `at most ${most} MB`),
        ...(settled.length > 2 * LAST_LOOKS
          ? [fact('memory is flat', isFlat, `${Math.round(first)} MB, then ${Math.round(last)} MB`)]
          : []),
      ];
    },
  };
};

export const megabytesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
    0,
  ) / MB;
