import type { Answers, Span } from '../outside/spans.ts';
import { type Fact, noneOf } from '../scenario.ts';

export type Gap = { readonly fromMs: number; readonly toMs: number };

/** Spans end where nothing was answered for longer than a second: shorter gaps are not known. */
export const gapsOf = (spans: readonly Span[]): readonly Gap[] =>
  spans.slice(1).map((span, at) => ({ fromMs: spans[at]?.lastAtMs ?? 0, toMs: span.firstAtMs }));

/** How long an endpoint was not asked at most, the time until `untilMs` included. */
const longestMs = (spans: readonly Span[], untilMs: number): number =>
  Math.max(
    0,
    untilMs - (spans.at(-1)?.lastAtMs ?? 0),
    ...gapsOf(spans).map(({ fromMs, toMs }) => toMs - fromMs),
  );

/** Endpoints go on being checked, whatever happens beside them. */
export const checksGoOn = (answers: Answers, of: RegExp, mostMs: number, untilMs: number): Fact => {
  const own = Object.entries(answers).filter(([endpoint]) => of.test(endpoint));
  const longest = own.map(([endpoint, spans]) => ({ endpoint, ms: Math.round(longestMs(spans, untilMs)) }));
  const stood = longest.filter(({ ms }) => ms > mostMs);
  const worst = Math.max(0, ...longest.map(({ ms }) => ms));
  const nothing = own.length === 0 ? ['nothing was checked'] : [];
  return noneOf(
    'checks go on',
    [...nothing, ...stood.map(({ endpoint, ms }) => `${endpoint} stood still for ${ms} ms`)],
    `${own.length} endpoints, the longest pause ${worst > 1000 ? `${worst} ms` : 'under a second'}`,
  );
};
