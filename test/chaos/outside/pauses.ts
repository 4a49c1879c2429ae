/** When the services themselves did not turn: what was asked then was really answered late. */
export type Pause = { readonly fromMs: number; readonly toMs: number };

const LOOK_EVERY_MS = 20;
const FROM_MS = 100;

/** The pauses of this process from now on. */
export const watchPauses = (): (() => readonly Pause[]) => {
  const pauses: Pause[] = [];
  let lookedAtMs = Date.now();
  setInterval(() => {
    const nowMs = Date.now();
    if (nowMs - lookedAtMs > FROM_MS) pauses.push({ fromMs: lookedAtMs, toMs: nowMs });
    lookedAtMs = nowMs;
  }, LOOK_EVERY_MS).unref();
  return () => pauses;
};
