import type { Clock } from '../../domain/clock.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { limitMs } from '../../domain/probe.ts';

/** For a single check: aborts it at the endpoint's limit. */
export const withTimeout =
  <Result>(clock: Clock, run: (endpoint: Endpoint, signal: AbortSignal) => Promise<Result>) =>
  async (endpoint: Endpoint): Promise<Result> => {
    const controller = new AbortController();
    const cancel = clock.after(limitMs(endpoint), () => controller.abort());
    try {
      return await run(endpoint, controller.signal);
    } finally {
      cancel();
    }
  };
