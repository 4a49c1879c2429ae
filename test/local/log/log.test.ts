import { expect, test } from '@jest/globals';
import type { Entry, StatusLine } from '../../../lib/local/log/entry.ts';
import { createLog, type Log } from '../../../lib/local/log/log.ts';
import { exampleTransition } from '../http/example-source.ts';
import { collectedOutput, manualClock } from './collected-output.ts';

const startMs = Date.UTC(2026, 10, 20, 10, 30, 5, 250);
const started = {
  version: '1.2.3',
  url: 'http://127.0.0.1:8080',
  folder: 'endpoints',
  workers: 1,
  endpoints: 12,
  targets: 1,
  invalidFiles: 2,
};
const statusLine: StatusLine = {
  endpoints: 12,
  failing: 1,
  unknown: 2,
  checksPerSecond: 47.6,
  latenessMs: { p50: 0.2, p99: 1.24, max: 3 },
};
const problem = {
  file: 'endpoints/shop.yml',
  line: 14,
  col: 15,
  severity: 'error',
  message: 'interval is "5"',
  fix: 'Add a unit: "5s" or "5ms"',
} as const;
const transition = exampleTransition('shop.example.com/health', 7, { atMs: startMs });

const logOf = (options: { format?: 'pretty' | 'json'; columns?: number; colour?: boolean } = {}) => {
  const collected = collectedOutput();
  const { clock, advance } = manualClock(startMs);
  const { format = 'pretty', columns, colour = false } = options;
  const terminal = columns === undefined ? null : { columns: () => columns };
  const log = createLog({ format, output: collected.output, clock, terminal, colour, timeZone: 'UTC' });
  return { ...collected, log, advance };
};

const everything = (log: Log) => {
  log.started(started, () => statusLine);
  log.problem(problem);
  log.problem('the store cannot be reached');
  log.observer.onTransition?.(transition);
  log.observer.onDelivery?.({ transition, target: 'ops', attempt: 1, outcome: { kind: 'accepted' } });
  log.observer.onDelivery?.({
    transition,
    target: 'ops',
    attempt: 3,
    outcome: { kind: 'failed', error: 'connect refused', afterMs: null },
  });
  log.note('would mail a@example.com');
  log.reloaded({ endpoints: 1, targets: 0, invalidFiles: 0 });
  log.stopped();
};

test('pretty: a line for each thing that a person wants to know', () => {
  const { log, lines } = logOf();
  everything(log);
  expect(lines()).toEqual([
    'Peregrine 1.2.3 at http://127.0.0.1:8080, checking 12 endpoints and 1 target from endpoints (2 files ignored)',
    '10:30:05.250  PROBLEM  endpoints/shop.yml:14:15: interval is "5". Add a unit: "5s" or "5ms".',
    '10:30:05.250  PROBLEM  the store cannot be reached',
    '10:30:05.250  FAIL     shop.example.com/health  status: answered 503  was ok for 2h 5m',
    '10:30:05.250  SENT     shop.example.com/health fail to ops',
    '10:30:05.250  RETRY    shop.example.com/health fail to ops, attempt 3: connect refused',
    '10:30:05.250  NOTE     would mail a@example.com',
    '10:30:05.250  LOADED   1 endpoint and 0 targets',
    '10:30:05.250  STOPPED  the monitor has ended',
  ]);
});

test('json: the same as one object a line', () => {
  const { log, lines } = logOf({ format: 'json' });
  everything(log);
  const at_ms = startMs;
  expect(lines().map(line => JSON.parse(line))).toEqual([
    {
      kind: 'started',
      at_ms,
      version: '1.2.3',
      url: 'http://127.0.0.1:8080',
      folder: 'endpoints',
      workers: 1,
      endpoints: 12,
      targets: 1,
      invalid_files: 2,
    },
    {
      kind: 'problem',
      at_ms,
      severity: 'error',
      file: 'endpoints/shop.yml',
      line: 14,
      col: 15,
      message: 'interval is "5". Add a unit: "5s" or "5ms".',
    },
    {
      kind: 'problem',
      at_ms,
      severity: 'error',
      file: null,
      line: null,
      col: null,
      message: 'the store cannot be reached',
    },
    expect.objectContaining({
      kind: 'transition',
      transition_kind: 'fail',
      id: 'shop-example-com-health#7',
      endpoint: 'shop-example-com-health',
      state: 'fail',
      previous_state: 'ok',
      at_ms,
      reason: 'status',
      error: 'answered 503',
      suppressed: null,
    }),
    {
      kind: 'delivery',
      at_ms,
      transition_id: 'shop-example-com-health#7',
      endpoint: 'shop-example-com-health',
      target: 'ops',
      outcome: 'accepted',
      attempt: 1,
      error: null,
    },
    expect.objectContaining({ kind: 'delivery', outcome: 'failed', attempt: 3, error: 'connect refused' }),
    { kind: 'note', at_ms, message: 'would mail a@example.com' },
    { kind: 'reloaded', at_ms, endpoints: 1, targets: 0, invalid_files: 0 },
    { kind: 'stopped', at_ms },
  ]);
});

test.each(['pretty', 'json'] as const)(
  '%s: an outage of a target is told once, and its end with what it cost',
  format => {
    const { log, lines, advance } = logOf({ format });
    const tell = (target: string, error: string | null): void =>
      log.observer.onDelivery?.({
        transition,
        target,
        attempt: 1,
        outcome: error === null ? { kind: 'accepted' } : { kind: 'failed', error, afterMs: null },
      });
    for (let attempt = 0; attempt < 1000; attempt++) tell('ops', 'connect refused');
    tell('chat', null);
    expect(lines()).toHaveLength(3 + 1 + 1);
    expect(lines()[3]).toContain(
      'the target \\"ops\\" takes nothing: connect refused.'.replaceAll('\\', format === 'json' ? '\\' : ''),
    );
    advance(3_720_000);
    tell('ops', null);
    expect(lines()).toHaveLength(5 + 2);
    expect(lines()[5]).toContain('takes deliveries again, after 1h 2m and 1000 failed attempts');
    for (let attempt = 0; attempt < 2; attempt++) tell('ops', 'connect refused');
    expect(lines()).toHaveLength(7 + 2);
  },
);

const prettyOf = (entry: Extract<Entry, { kind: 'transition' }>['transition']): string => {
  const { log, text } = logOf();
  log.observer.onTransition?.(entry);
  return text();
};

test('pretty: a transition that is not delivered says why', () => {
  expect(prettyOf({ ...transition, suppressed: 'maintenance' })).toContain(
    'was ok for 2h 5m  (maintenance: not delivered)\n',
  );
});

test('pretty: a first state has no previous one, a reminder says for how long', () => {
  const first = { ...transition, kind: 'initial', state: 'ok', previousState: 'unknown' } as const;
  expect(prettyOf({ ...first, previousDurationMs: null, reason: null, error: null })).toBe(
    '10:30:05.250  OK       shop.example.com/health\n',
  );
  expect(prettyOf({ ...transition, kind: 'reminder', sinceMs: startMs - 300_000 })).toBe(
    '10:30:05.250  FAIL     shop.example.com/health  status: answered 503  for 5m now\n',
  );
  const silent = {
    ...transition,
    kind: 'unknown',
    state: 'unknown',
    reason: 'silence',
    error: null,
  } as const;
  expect(prettyOf(silent)).toBe(
    '10:30:05.250  UNKNOWN  shop.example.com/health  silence  was ok for 2h 5m\n',
  );
});

test('pretty: what an upstream says cannot steer the terminal, add a line or fill the screen', () => {
  const hostile = 'down\u001b]0;owned\u0007\r\n10:30:05.250  OK  fake\u009b2J\u202egnp';
  expect(prettyOf({ ...transition, error: hostile })).toBe(
    '10:30:05.250  FAIL     shop.example.com/health  status: down\\u001b]0;owned\\u0007\\u000d\\u000a10:30:05.250  OK  fake\\u009b2J\\u202egnp  was ok for 2h 5m\n',
  );
  expect(prettyOf({ ...transition, error: 'x'.repeat(100_000) }).length).toBeLessThan(600);
  expect(
    prettyOf({ ...transition, subject: { ...transition.subject, name: `\u001b[31m${'n'.repeat(9000)}` } })
      .length,
  ).toBeLessThan(300);
});

test('a file or pipe gets no escape codes and one summary a minute', () => {
  const { log, text, lines, advance } = logOf();
  log.started(started, () => statusLine);
  for (let second = 0; second < 59; second++) advance(1000);
  expect(lines()).toHaveLength(1);
  for (let second = 0; second < 61; second++) advance(1000);
  expect(lines().slice(1)).toEqual([
    '10:31:05.250  STATUS   9 ok  1 failing  2 unknown  48 checks/s  p99 1.2ms late',
    '10:32:05.250  STATUS   9 ok  1 failing  2 unknown  48 checks/s  p99 1.2ms late',
  ]);
  expect(text()).not.toContain('\u001b');
});

test('json gets neither status line nor summary, even on a terminal', () => {
  const { log, lines, text, advance } = logOf({ format: 'json', columns: 80 });
  log.started(started, () => statusLine);
  advance(120_000);
  expect(lines()).toHaveLength(1);
  expect(text()).not.toContain('\u001b');
});

/** What stands on a terminal after `text`, line by line, as far as this log uses one. */
const screen = (text: string): readonly string[] => {
  let lines = [''];
  for (const [index, rewritten] of text.split('\r\u001b[2K').entries()) {
    const last = index > 0 ? '' : lines.at(-1);
    lines = [...lines.slice(0, -1), ...`${last}${rewritten}`.split('\n')];
  }
  return lines;
};

test('on a terminal the status line stays last, is rewritten in place, and goes when the monitor stops', () => {
  const { log, text, advance } = logOf({ columns: 200 });
  let now = statusLine;
  log.started(started, () => now);
  expect(screen(text()).slice(1)).toEqual(['9 ok  1 failing  2 unknown  48 checks/s  p99 1.2ms late']);
  now = { ...statusLine, failing: 0 };
  advance(1000);
  advance(1000);
  log.observer.onTransition?.(transition);
  expect(screen(text()).slice(1)).toEqual([
    expect.stringContaining('FAIL     shop.example.com/health'),
    '10 ok  0 failing  2 unknown  48 checks/s  p99 1.2ms late',
  ]);
  log.stopped();
  advance(5000);
  expect(screen(text()).slice(2)).toEqual([expect.stringContaining('STOPPED'), '']);
});

test('on a narrow terminal the status line is cut so that it does not wrap', () => {
  const { log, text } = logOf({ columns: 20 });
  log.started(started, () => statusLine);
  expect(screen(text()).at(-1)).toBe('9 ok  1 failing  2 ');
});

test('colours are used only where they are wanted', () => {
  const coloured = logOf({ columns: 80, colour: true });
  everything(coloured.log);
  expect(coloured.text()).toContain('\u001b[31mFAIL   \u001b[0m');
  const plain = logOf({ columns: 80 });
  everything(plain.log);
  expect(plain.text().replaceAll('\r\u001b[2K', '')).not.toContain('\u001b');
});

test('a reader that stands still loses lines instead of memory, and is told how many', () => {
  const { log, text, lines, hold, release } = logOf();
  hold();
  for (let line = 0; line < 50_000; line++) log.problem(`problem ${line}`);
  expect(text().length).toBeLessThan(1.1 * 1024 * 1024);
  const written = lines().length;
  release();
  log.problem('after');
  expect(lines().slice(written)).toEqual([
    `10:30:05.250  PROBLEM  lines of this log lost because its reader is too slow: ${50_000 - written}`,
    '10:30:05.250  PROBLEM  after',
  ]);
});

test('the status line waits while the reader is behind', () => {
  const { log, text, advance, hold, release } = logOf({ columns: 80 });
  log.started(started, () => statusLine);
  hold();
  log.problem('one');
  const before = text();
  advance(1000);
  expect(text()).toBe(before);
  release();
  advance(1000);
  expect(text().length).toBeGreaterThan(before.length);
});
