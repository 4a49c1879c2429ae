import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { boundedTransition } from '../domain/bounded-transition.ts';
import { HISTORY_MS, type HistoryPlace, placeOf } from '../domain/history.ts';
import type { Lease } from '../domain/lease.ts';
import type { RuleId } from '../domain/rule.ts';
import { table } from '../domain/table.ts';
import type { RuleState, Transition } from '../domain/transition.ts';
import type { RuleCounters } from '../engine/ports/rule-counters.ts';
import type { Holder, Pending } from '../engine/ports/rule-store.ts';

/*  pk                  sk                        what
 *  rule#<id>           state                     a rule's state and up to MAX_PENDING_IN_ITEM pending transitions
 *  rule#<id>           pending#<version>         one pending transition that the rule's item has no room for
 *  jobsets             register                  the last epoch given out, and the jobsets that ever had a lease
 *  jobset#<id>         lease
 *  jobset#<id>         checkpoint                its only chunk, or which generation of chunks counts
 *  jobset#<id>         checkpoint#<slot>#<n>     streaks and totals of many rules
 *  history#<id>        <at ms>#<rule>#<version><mark>  one transition; also in the index of months
 */

export type Item = Record<string, AttributeValue>;
export type Key = { readonly pk: AttributeValue; readonly sk: AttributeValue };

/** An item may have 400 KB. Rows of a checkpoint are cut into pieces of this size: a larger one holds the event loop
 *  longer (256 KB: 12 ms, 64 KB: 5 ms), a smaller one costs more calls. */
export const MAX_CHUNK_CHARS = 64 * 1024;
/** So many of a full item's pending transitions move into items of their own at once. */
export const SPILLED_AT_ONCE = 25;

export const string = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const strings = (values: readonly string[]): AttributeValue => ({ SS: [...values] });
export const numberOrNull = (value: number | null): AttributeValue =>
  value === null ? { NULL: true } : number(value);
const boolean = (value: boolean): AttributeValue => ({ BOOL: value });

export const stringIn = (item: Item, name: string): string => item[name]?.S ?? '';
export const numberIn = (item: Item, name: string): number => Number(item[name]?.N ?? 0);
export const stringsIn = (item: Item, name: string): readonly string[] => item[name]?.SS ?? [];
export const booleanIn = (item: Item, name: string): boolean => item[name]?.BOOL ?? false;
export const numberOrNullIn = (item: Item, name: string): number | null =>
  item[name]?.N === undefined ? null : Number(item[name].N);

/** Text that sorts as the number does. */
const padded = (value: number): string => String(value).padStart(12, '0');
/** Four decimals: in a double, two instants of this century are at least 0.0002 ms apart. */
export const instant = (atMs: number): string => Math.max(0, atMs).toFixed(4).padStart(19, '0');

const key = (pk: string, sk: string): Key => ({ pk: string(pk), sk: string(sk) });

export const ruleKey = (id: RuleId): Key => key(`rule#${id}`, 'state');
export const ruleOf = (item: Item): RuleId => stringIn(item, 'pk').slice('rule#'.length) as RuleId;
export const pendingKey = (id: RuleId, version: number): Key =>
  key(`rule#${id}`, `pending#${padded(version)}`);
export const spilledVersion = (item: Item): number => Number(stringIn(item, 'sk').slice('pending#'.length));
export const registerKey: Key = key('jobsets', 'register');
export const leaseKey = (jobset: string): Key => key(`jobset#${jobset}`, 'lease');
export const jobsetOf = (item: Item): string => stringIn(item, 'pk').slice('jobset#'.length);
export const checkpointKey = (jobset: string): Key => key(`jobset#${jobset}`, 'checkpoint');
export const chunkKey = (jobset: string, slot: number, chunk: number): Key =>
  key(`jobset#${jobset}`, `checkpoint#${slot}#${padded(chunk)}`);
export const historyPartition = (id: RuleId): string => `history#${id}`;

/** All but the version as one text: a save of ten typed attributes takes either end half as long again. */
export const stateAttributes = ({ jobset, epoch }: Holder, { version, ...rule }: RuleState): Item => ({
  jobset: string(jobset),
  epoch: number(epoch),
  version: number(version),
  rule: string(JSON.stringify(rule)),
});

export const stateIn = (item: Item): RuleState => ({
  ...JSON.parse(stringIn(item, 'rule')),
  version: numberIn(item, 'version'),
});

/** `to` is a map, so that a name can be taken off by itself. */
export const pendingAttributes = ({ transition, to }: Pending): Item => ({
  transition: string(boundedTransition(transition)),
  to: { M: Object.fromEntries(to.map(name => [name, boolean(true)])) },
});

export const recipientsIn = (item: Item): readonly string[] => Object.keys(item.to?.M ?? {});

export const transitionIn = (item: Item): Transition => JSON.parse(stringIn(item, 'transition'));

const pendingIn = (item: Item): Pending => ({ transition: transitionIn(item), to: recipientsIn(item) });

/** One that nobody waits for any more is left out: a worker died before it could remove it. */
export const pendingOf = (items: Iterable<Item>): readonly Pending[] =>
  Array.from(items, pendingIn).filter(({ to }) => to.length > 0);

/** Pending transitions in a rule's item, by version. */
export const pendingItems = (item: Item): ReadonlyMap<number, Item> =>
  new Map(Object.entries(item.pending?.M ?? {}).map(([version, entry]) => [Number(version), entry.M ?? {}]));

/** What a checkpoint keeps of a rule. */
type Row = readonly [RuleId, number, number, 0 | 1, number | null, number | null, number, number];

export const checkpointRow = (id: RuleId, row: RuleCounters): string =>
  JSON.stringify([
    id,
    row.version,
    row.streak,
    row.streakOk ? 1 : 0,
    row.lastResultAtMs,
    row.notifiedAtMs,
    row.runs,
    row.failures,
  ] satisfies Row);

export const checkpointRows = (rows: readonly string[]): AttributeValue => string(`[${rows.join()}]`);

export const checkpointRowsIn = (item: Item): readonly (readonly [RuleId, RuleCounters])[] =>
  (JSON.parse(stringIn(item, 'chunk')) as readonly Row[]).map(
    ([id, version, streak, streakOk, lastResultAtMs, notifiedAtMs, runs, failures]) => [
      id,
      { version, streak, streakOk: streakOk === 1, lastResultAtMs, notifiedAtMs, runs, failures },
    ],
  );

export const leaseIn = (jobset: string, item: Item): Lease => ({
  jobset,
  owner: stringIn(item, 'owner'),
  epoch: numberIn(item, 'epoch'),
  expiresAtMs: numberIn(item, 'expiresAtMs'),
  configHash: stringIn(item, 'configHash'),
  deadlineAtMs: numberOrNullIn(item, 'deadlineAtMs'),
  handOverRequested: booleanIn(item, 'handOverRequested'),
});

/** An instant alone sorts before all transitions of it. */
export const historySk = ({ atMs, ruleId, version, mark }: HistoryPlace): string =>
  ruleId === '' ? instant(atMs) : `${instant(atMs)}#${ruleId}#${padded(version)}${mark}`;

/** `2026-11`, in UTC. */
export const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7);

export const historyItem = (transition: Transition): Item => ({
  pk: string(historyPartition(transition.ruleId)),
  sk: string(historySk(placeOf(transition))),
  month: string(monthOf(transition.atMs)),
  transition: string(boundedTransition(transition)),
  [table.ttlAttribute]: number(Math.floor((transition.atMs + HISTORY_MS) / 1000)),
});
