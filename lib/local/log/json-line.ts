import { problemText } from '../../config/problem/problem.ts';
import { externalTransition } from '../../wording/external.ts';
import type { Entry, Loaded } from './entry.ts';
import { externalDelivery } from './external-delivery.ts';

const loadedFields = ({ endpoints, targets, invalidFiles }: Loaded) => ({
  endpoints,
  targets,
  invalid_files: invalidFiles,
});

const fields = (entry: Entry): object => {
  switch (entry.kind) {
    case 'started': {
      const { version, url, folder, workers } = entry.started;
      return { version, url, folder, workers, ...loadedFields(entry.started) };
    }
    case 'reloaded':
      return loadedFields(entry.loaded);
    case 'problem': {
      if (typeof entry.problem === 'string')
        return { severity: 'error', file: null, line: null, col: null, message: entry.problem };
      const { severity, file, line, col } = entry.problem;
      return { severity, file, line, col, message: problemText(entry.problem) };
    }
    case 'note':
      return { message: entry.message };
    case 'transition': {
      const { kind, ...transition } = externalTransition(entry.transition);
      return { ...transition, transition_kind: kind };
    }
    case 'delivery':
      return externalDelivery(entry.report);
    case 'stopped':
      return {};
    default:
      return entry satisfies never;
  }
};

/** One object on one line. A transition's `at_ms` is its own, any other the instant of writing. */
export const jsonLine = (entry: Entry, nowMs: number): string =>
  JSON.stringify({ kind: entry.kind, at_ms: Math.floor(nowMs), ...fields(entry) });
