import { expect, test } from '@jest/globals';
import type { Context, Sample } from './benchmark.ts';
import { coresOf } from './harness/cores.ts';
import { atLeast, atMost, measurementOf, skipped, withGoals } from './harness/measurement.ts';
import { interleaved } from './harness/rounds.ts';
import { reportMarkdown } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { reportText } from './report/text.ts';

const sample = (cpuMs: number, changes: Partial<Sample> = {}): Sample => ({
  operations: 1000,
  wallMs: 500,
  cpuMs,
  latency: { p50: 1, p99: 2, max: 3 },
  peakBytes: 50e6,
  facts: {},
  failures: null,
  ...changes,
});

const context = (rounds: number): Context => ({
  rounds,
  cores: null,
  progress: () => {},
  signal: new AbortController().signal,
});

test('rounds alternate: A B A B', async () => {
  const order: string[] = [];
  const subject = (name: string) => ({
    name,
    run: async () => {
      order.push(name);
      return sample(order.length);
    },
  });
  const measured = await interleaved(context(2), 'test', [subject('A'), subject('B')]);
  expect(order).toEqual(['A', 'B', 'A', 'B']);
  expect(measured.map(({ samples }) => samples.map(({ cpuMs }) => cpuMs))).toEqual([
    [1, 3],
    [2, 4],
  ]);
});

const reference = { name: 'bare', samples: [sample(10), sample(30), sample(10)] };
const ours = { name: 'Peregrine', samples: [sample(20), sample(60), sample(22)] };

test('a row has rates, CPU per operation, share of a core and the ratio to its reference', () => {
  const { figures, ratio } = measurementOf(ours, 'check', reference);
  expect(figures.perSecond).toEqual({ median: 2000, min: 2000, max: 2000 });
  expect(figures.cpuUs).toEqual({ median: 22, min: 20, max: 60 });
  expect(figures.coreRatio).toEqual({ median: 0.044, min: 0.04, max: 0.12 });
  expect(figures.peakMb?.median).toBe(50);
  expect(ratio).toEqual({ to: 'bare', times: { median: 2, min: 2, max: 2.2 } });
});

test('a goal is reached at its limit; what was not measured reaches none', () => {
  expect(atMost('CPU', 1.8, 1.8).reached).toBe(true);
  expect(atMost('CPU', 1.81, 1.8).reached).toBe(false);
  expect(atLeast('rate', 45_000, 45_000).reached).toBe(true);
  expect(atLeast('rate', 44_999, 45_000).reached).toBe(false);
  expect(atMost('CPU', null, 1.8).reached).toBe(false);
  expect(atLeast('rate', undefined, 1).reached).toBe(false);
});

test('figures with failed operations say so and reach no goal', () => {
  const failing = sample(1, { failures: { count: 3, first: 'connection refused' } });
  const measurement = withGoals(measurementOf({ name: 'Peregrine', samples: [failing] }, 'check'), [
    atMost('CPU', 1, 2),
  ]);
  expect(measurement.notes).toEqual(['INVALID: 3 operations failed, the first: connection refused']);
  expect(measurement.goals[0]?.reached).toBe(false);
});

test('cores are read as the kernel lists them', () => {
  expect(coresOf('0-3,8')).toEqual([0, 1, 2, 3, 8]);
  expect(coresOf('5')).toEqual([5]);
  expect(coresOf('')).toEqual([]);
});

const report: Report = {
  machine: {
    cpu: 'Test CPU',
    cores: 2,
    memoryGb: 4,
    kernel: '6.1',
    node: 'v24.0.0',
    pinned: { client: 1, server: 0 },
    startedAt: '2026-11-21T12:00:00.000Z',
  },
  rounds: 3,
  tookMs: 12_000,
  benchmarks: [
    {
      name: 'http',
      measures: 'whole checks',
      tookMs: 12_000,
      measurements: [
        withGoals(measurementOf(ours, 'check', reference), [atMost('CPU against bare', 2, 1.8, '×')]),
        measurementOf(reference, 'check'),
        skipped('Gatus', 'check', 'there is no Go'),
      ],
    },
  ],
};

test('the report names machine, spread, ratio, goals and what was skipped', () => {
  const text = reportText(report);
  expect(text).toContain('2 × Test CPU, 4 GB, Linux 6.1, Node 24.0.0');
  expect(text).toContain('what is measured runs on core 1, what it talks to on core 0');
  expect(text).toContain('22.0 (20.0–60.0)');
  expect(text).toContain('2.00 (2.00–2.20) × bare');
  expect(text).toContain('missed  CPU against bare ≤ 1.80 ×: 2.00 ×');
  expect(text).toContain('Gatus: skipped: there is no Go');
  expect(text).toContain('12 s; 0 of 1 goals reached; 1 rows skipped');
});

test('the tables of the README have a row for each measurement, and the goals', () => {
  const lines = reportMarkdown(report).split('\n');
  expect(lines.filter(line => line.startsWith('| Peregrine |'))).toHaveLength(1);
  expect(lines.at(-1)).toBe('| `http` Peregrine | CPU against bare ≤ 1.80 × | 2.00 × | missed |');
});
