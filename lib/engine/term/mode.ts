/** `lost`: another worker has the lease, or what is saved cannot be read. */
export type TermEnd = 'asked' | 'handed-over' | 'lost';

/** `loop`: checks at every tick. `burst`: the ticks of a span of time, at once, then it ends. `drain`: no checks, only
 *  silence and what is still to be delivered. */
export type Mode =
  | { readonly kind: 'loop' }
  | { readonly kind: 'burst'; readonly untilMs: number }
  | { readonly kind: 'drain' };

/** What is in flight at the end may take so long to finish, and then what is unsaved and unsent so long again. While
 *  another worker waits, every other endpoint waits with it: the gap of a hand-over is less than a second. */
const GRACE: { readonly [end in Exclude<TermEnd, 'lost'>]: { checksMs: number; savesMs: number } } = {
  asked: { checksMs: 1200, savesMs: 800 },
  'handed-over': { checksMs: 400, savesMs: 200 },
};

/** A burst may take long to end: only its own next minute waits for it. */
const GRACE_OF_BURST = { checksMs: 5 * 60_000, savesMs: 2000 };

export const graceOf = (mode: Mode, by: Exclude<TermEnd, 'lost'>) =>
  mode.kind === 'burst' && by === 'handed-over' ? GRACE_OF_BURST : GRACE[by];
