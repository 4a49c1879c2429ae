import type { Problem } from '../../config/problem/problem.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Observer } from '../../engine/events/observer.ts';
import type { Entry, Loaded, Started, StatusLine } from './entry.ts';
import { jsonLine } from './json-line.ts';
import type { Output } from './output.ts';
import { createPretty } from './pretty-line.ts';
import { createTargetOutages } from './target-outages.ts';

/** A reader that is this far behind loses lines, and is told how many. */
const MOST_WAITING_BYTES = 1024 * 1024;
const REWRITE_EVERY_MS = 1000;
const SUMMARY_EVERY_MS = 60_000;
const CLEAR_LINE = '\r\u001b[2K';

export type Terminal = {
  readonly columns: () => number;
};

export type Log = {
  /** To be given to the engine. */
  readonly observer: Observer;
  /** `read` feeds the status line. */
  readonly started: (started: Started, read: () => StatusLine) => void;
  readonly reloaded: (loaded: Loaded) => void;
  readonly problem: (problem: Problem | string) => void;
  /** Nothing is wrong, and a person wants to know. */
  readonly note: (message: string) => void;
  readonly stopped: () => void;
};

export const createLog = (options: {
  readonly format: 'pretty' | 'json';
  readonly output: Output;
  readonly clock: Clock;
  /** null: the output is a file or a pipe, no line is rewritten in place. */
  readonly terminal: Terminal | null;
  readonly colour: boolean;
  readonly timeZone?: string;
}): Log => {
  const { format, output, clock } = options;
  const terminal = format === 'pretty' ? options.terminal : null;
  const pretty = createPretty(options);
  const outages = createTargetOutages();
  let statusLine = '';
  let lost = 0;
  let cancelStatus = () => {};

  const lineOf = (entry: Entry): string =>
    format === 'json' ? jsonLine(entry, clock.nowMs()) : pretty.line(entry, clock.nowMs());
  const printLine = (line: string) =>
    output.write(terminal ? `${CLEAR_LINE}${line}\n${statusLine}` : `${line}\n`);

  const print = (entry: Entry) => {
    if (output.waitingBytes() >= MOST_WAITING_BYTES) {
      lost++;
      return;
    }
    if (lost > 0) {
      const problem = `lines of this log lost because its reader is too slow: ${lost}`;
      lost = 0;
      printLine(lineOf({ kind: 'problem', problem }));
    }
    printLine(lineOf(entry));
  };

  const rewrite = (to: Terminal, read: () => StatusLine) => {
    if (output.waitingBytes() === 0) {
      statusLine = pretty.statusLine(read(), to.columns());
      output.write(CLEAR_LINE + statusLine);
    }
    cancelStatus = clock.after(REWRITE_EVERY_MS, () => rewrite(to, read));
  };
  const summarize = (read: () => StatusLine) => {
    cancelStatus = clock.after(SUMMARY_EVERY_MS, () => {
      if (output.waitingBytes() === 0) printLine(pretty.summary(read(), clock.nowMs()));
      summarize(read);
    });
  };

  return {
    observer: {
      onTransition: transition => print({ kind: 'transition', transition }),
      onDelivery: report => outages.entriesFor(report, clock.monotonicMs()).forEach(print),
      onProblem: problem => print({ kind: 'problem', problem }),
    },
    started: (started, read) => {
      print({ kind: 'started', started });
      if (terminal) rewrite(terminal, read);
      else if (format === 'pretty') summarize(read);
    },
    reloaded: loaded => print({ kind: 'reloaded', loaded }),
    problem: problem => print({ kind: 'problem', problem }),
    note: message => print({ kind: 'note', message }),
    stopped: () => {
      cancelStatus();
      statusLine = '';
      print({ kind: 'stopped' });
    },
  };
};
