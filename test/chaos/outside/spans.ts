/** Equal answers in a row, never more than `GAP_MS` apart: hours of them take little memory. */
export type Span = {
  readonly status: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
};

/** What an endpoint answered, in order. */
export type Answers = { readonly [endpoint: string]: readonly Span[] };

const GAP_MS = 1000;

export type Recorder = {
  readonly add: (endpoint: string, status: number, atMs: number) => void;
  readonly answers: () => Answers;
  readonly clear: () => void;
  readonly total: () => number;
  readonly endpoints: () => number;
};

export const createRecorder = (): Recorder => {
  const byEndpoint = new Map<
    string,
    { status: number; firstAtMs: number; lastAtMs: number; count: number }[]
  >();
  let total = 0;

  return {
    add: (endpoint, status, atMs) => {
      total++;
      let spans = byEndpoint.get(endpoint);
      if (!spans) {
        spans = [];
        byEndpoint.set(endpoint, spans);
      }
      const last = spans.at(-1);
      if (last && last.status === status && atMs - last.lastAtMs <= GAP_MS) {
        last.lastAtMs = atMs;
        last.count++;
      } else spans.push({ status, firstAtMs: atMs, lastAtMs: atMs, count: 1 });
    },
    answers: () => Object.fromEntries(byEndpoint),
    clear: () => {
      byEndpoint.clear();
      total = 0;
    },
    total: () => total,
    endpoints: () => byEndpoint.size,
  };
};
