import type { RuleId } from './rule.ts';
import type { Transition } from './transition.ts';

const DAY_MS = 86_400_000;
/** Older transitions are neither listed nor kept. */
export const HISTORY_MS = 90 * DAY_MS;
/** A clock that was set back has left transitions in the future: so far they are listed. */
export const MOST_AHEAD_MS = DAY_MS;

/** Where a transition stands in the history, which sorts by these, one after the other. */
export type HistoryPlace = {
  readonly atMs: number;
  readonly ruleId: string;
  readonly version: number;
  /** What follows the version in the id; empty where nothing does. */
  readonly mark: string;
};

export const placeOf = ({ id, atMs, ruleId, version }: Transition): HistoryPlace => ({
  atMs,
  ruleId,
  version,
  mark: id.slice(`${ruleId}#${version}`.length),
});

const PLACE =
  /^(?<at>\d{1,14}(?:\.\d+)?)(?:#(?<rule>[^#]+)#(?<version>\d{1,12})(?<mark>(?:-[0-9a-z]{1,16}){0,2}))?$/;

/** Reads an instant in ms, or `<at ms>#<transition id>`. An instant alone stands before all transitions of it. */
export const parsePlace = (text: string): HistoryPlace => {
  const { at, rule, version, mark } = PLACE.exec(text)?.groups ?? {};
  if (at === undefined)
    throw new RangeError(`"${text}" is neither an instant in ms nor "<at ms>#<transition id>"`);
  return {
    atMs: Number(at),
    ruleId: (rule ?? '') as RuleId,
    version: Number(version ?? 0),
    mark: mark ?? '',
  };
};
