import type { ExternalTransition } from '../../../lib/wording/external.ts';
import type { Evidence, TicksOf } from '../judge/evidence.ts';
import type { Arrival } from '../outside/receiver.ts';
import type { Monitor } from './monitor.ts';
import { within } from './wait.ts';
import type { World } from './world.ts';

const PAGE = 1000;

type Page = { readonly transitions: readonly ExternalTransition[]; readonly next: string | null };

/** The whole history, oldest first. */
export const historyOf = async (monitor: Monitor): Promise<readonly ExternalTransition[]> => {
  const all: ExternalTransition[] = [];
  for (let before: string | null = ''; before !== null; ) {
    const page: Page = await monitor.get(
      `/api/transitions?limit=${PAGE}${before && `&before=${encodeURIComponent(before)}`}`,
    );
    all.push(...page.transitions);
    before = page.next;
  }
  return all.reverse().filter(({ endpoint }) => endpoint !== 'self');
};

const isTaken = ({ status }: Arrival): boolean => status !== null && status < 300;

const SETTLES_WITHIN_MS = 60_000;
const QUIET_MS = 700;

export type Settled = Evidence & {
  /** How long it took until all was delivered; null when it was not. */
  readonly settledAfterMs: number | null;
};

/** Lets the services stay as they are and every target take all, waits until all is saved, the history has not grown
 *  for a moment and all of it is delivered, and gathers what is known. `targetNames` are those that hear of everything. */
export const settle = async (
  { outside }: World,
  monitor: Monitor,
  targetNames: readonly string[],
  settlesWithinMs = SETTLES_WITHIN_MS,
): Promise<Settled> => {
  for (const behaviour of ['flap', 'FFO', 'FFOOOO']) await outside.tell('replace', { behaviour, by: 'up' });
  await outside.tell('heal', null);
  const fromMs = performance.now();
  let arrivals: readonly Arrival[] = [];
  let history: readonly ExternalTransition[] = [];
  const settledAtMs = await within(
    settlesWithinMs,
    async () => {
      const before = history.length;
      history = await historyOf(monitor).catch(() => []);
      arrivals = [...arrivals, ...(await outside.tell('arrivals', arrivals.length))];
      const { transitions_unsaved: unsaved } = await monitor.health();
      if (history.length === 0 || history.length !== before || unsaved > 0) return null;
      const taken = new Set(arrivals.filter(isTaken).map(({ id, target }) => `${id} ${target}`));
      const wanted = history.filter(({ suppressed }) => suppressed === null);
      const isAll = wanted.every(({ id }) => targetNames.every(name => taken.has(`${id} ${name}`)));
      return isAll ? performance.now() : null;
    },
    QUIET_MS,
  );
  const { endpoints } = await monitor.get<{ readonly endpoints: readonly TicksOf[] }>('/api/endpoints');
  return {
    history,
    arrivals,
    answers: await outside.tell('answers', null),
    pauses: await outside.tell('pauses', null),
    endpoints,
    settledAfterMs: settledAtMs === null ? null : settledAtMs - fromMs,
  };
};
