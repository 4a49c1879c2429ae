import type { Pause } from '../outside/pauses.ts';
import type { Span } from '../outside/spans.ts';
import { type Fact, noneOf } from '../scenario.ts';
import { byEndpoint, type Evidence } from './evidence.ts';
import { gapsOf } from './gaps.ts';

/** A change is told this long after the answers that made it, at most: debounce of three at 250 ms, and a busy machine. */
const DEBOUNCE_MS = 1500;
/** Between the service's clock reading and the monitor's. */
const READING_MS = 20;
/** When a first check behind a gap is told, at most. */
const TOLD_WITHIN_MS = 1500;
/** A killed monitor may believe that it last watched so much earlier than it did: it writes that each second, and not in
 *  the 3 s after a pause of its own. A life that is shorter may leave no word at all. */
const UNWRITTEN_MS = 4500;
/** A worker that lost its jobset in the gap tells nothing; the one that takes it over does, so much later at most. */
const TAKEN_OVER_MS = 5000;
/** No monitor starts faster. */
const LIFE_APART_MS = 500;

const hasAnswered = (spans: readonly Span[], status: number, fromMs: number, toMs: number): boolean =>
  spans.some(span => span.status === status && span.firstAtMs <= toMs && span.lastAtMs >= fromMs);

/** Answers without the lives of a monitor that were too short to leave word of how far they watched. */
const vouchedFor = (spans: readonly Span[], atMs: number): readonly Span[] => {
  const lives: Span[] = [];
  for (const span of spans) {
    const last = lives.at(-1);
    if (last && span.firstAtMs - last.lastAtMs < LIFE_APART_MS)
      lives[lives.length - 1] = { ...last, lastAtMs: span.lastAtMs };
    else lives.push(span);
  }
  return lives.filter(
    ({ firstAtMs, lastAtMs }) => lastAtMs - firstAtMs >= UNWRITTEN_MS || lastAtMs >= atMs - READING_MS,
  );
};

/** The longest gap in answers that ends at an instant or shortly before: the first answer behind a gap is what tells. */
const gapBefore = (all: readonly Span[], atMs: number): number => {
  const spans = vouchedFor(all, atMs);
  return gapsOf(spans)
    .concat({ fromMs: spans.findLast(({ firstAtMs }) => firstAtMs <= atMs)?.lastAtMs ?? 0, toMs: atMs })
    .filter(({ toMs }) => toMs <= atMs + READING_MS && toMs > atMs - TAKEN_OVER_MS)
    .reduce((longest, { fromMs, toMs }) => Math.max(longest, toMs - fromMs), 0);
};

/** A check of this long before may have met a service that did not turn, which then really was slow. */
const MET_WITHIN_MS = 2500;

const metPause = (pauses: readonly Pause[], atMs: number): boolean =>
  pauses.some(({ fromMs, toMs }) => fromMs <= atMs && toMs >= atMs - MET_WITHIN_MS);

/** No `fail` without a failing answer just before it, and no `ok` without a good one. */
export const statesAreTrue = (
  { history, answers, pauses }: Pick<Evidence, 'history' | 'answers' | 'pauses'>,
  stoodStillMs = 0,
): Fact => {
  const judged = history.filter(
    ({ endpoint, state, kind, at_ms }) =>
      answers[endpoint] && state !== 'unknown' && kind !== 'reminder' && !metPause(pauses, at_ms),
  );
  return noneOf(
    'no false fail, no false ok',
    judged
      .filter(({ endpoint, state, at_ms }) => {
        const status = state === 'ok' ? 200 : 503;
        return !hasAnswered(
          answers[endpoint] ?? [],
          status,
          at_ms - DEBOUNCE_MS - stoodStillMs,
          at_ms + READING_MS,
        );
      })
      .map(({ id, state, reason, error }) => `${id} ${state}${reason ? ` (${reason}: ${error})` : ''}`),
    `${judged.length.toLocaleString('en-US')} changes against what was answered`,
  );
};

/** Endpoints that are never so: whatever happens to the monitor, they may not change into it. */
export const neverIs = (
  { history, pauses }: Pick<Evidence, 'history' | 'pauses'>,
  state: 'fail' | 'ok',
  of: RegExp,
  claim: string,
): Fact =>
  noneOf(
    claim,
    history
      .filter(one => of.test(one.endpoint) && one.state === state && !metPause(pauses, one.at_ms))
      .map(({ id, reason, error }) => `${id}${reason ? ` (${reason}: ${error})` : ''}`),
    `${new Set(history.filter(one => of.test(one.endpoint)).map(({ endpoint }) => endpoint)).size} endpoints`,
  );

/** `unknown` for each gap in answers longer than `stale_after`, and for none that is shorter. */
export const unknownIsTrue = (
  { history, answers }: Pick<Evidence, 'history' | 'answers'>,
  staleAfterMs: (endpoint: string) => number,
): readonly Fact[] => {
  const unknowns = history.filter(({ state, endpoint }) => state === 'unknown' && answers[endpoint]);
  const tooSoon = unknowns.flatMap(({ id, endpoint, at_ms }) => {
    const gapMs = gapBefore(answers[endpoint] ?? [], at_ms);
    return gapMs < staleAfterMs(endpoint) - UNWRITTEN_MS ? [`${id} after ${Math.round(gapMs)} ms`] : [];
  });
  const ofEndpoint = byEndpoint(unknowns);
  let gaps = 0;
  const hidden = Object.entries(answers).flatMap(([endpoint, spans]) =>
    gapsOf(spans).flatMap(({ fromMs, toMs }) => {
      // Whether a gap that is hardly longer was one, the two clocks cannot agree.
      if (toMs - fromMs <= staleAfterMs(endpoint) + TOLD_WITHIN_MS) return [];
      gaps++;
      const isTold = ofEndpoint
        .get(endpoint)
        ?.some(({ at_ms }) => at_ms > fromMs && at_ms < toMs + TOLD_WITHIN_MS);
      return isTold ? [] : [`${endpoint}: ${Math.round(toMs - fromMs)} ms`];
    }),
  );
  return [
    noneOf('a gap shorter than stale_after keeps the state', tooSoon, `${unknowns.length} times unknown`),
    noneOf('time that nobody watched is unknown', hidden, `${gaps} gaps longer than stale_after`),
  ];
};
