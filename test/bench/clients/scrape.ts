import { Client, type Dispatcher } from 'undici';
import type { Sample } from '../benchmark.ts';
import { createGauge, type Window } from './gauge.ts';

export type ScrapeParams = Window & {
  readonly origin: string;
  readonly paths: readonly string[];
  readonly everyMs: number;
};

const TURN_MS = 5;

/** Asks for each path at its due instants over a kept connection of its own, unless it is still being answered. */
export const runScrape = async (params: ScrapeParams): Promise<Sample> => {
  const { origin, paths, everyMs } = params;
  const gauge = createGauge();
  const startedMs = performance.now();
  const scrapes = paths.map((path, at) => {
    const client = new Client(origin, { headersTimeout: 0, bodyTimeout: 0 });
    const scrape = { dueMs: startedMs + (at / paths.length) * everyMs, busy: false, ask: () => {} };
    const handler: Dispatcher.DispatchHandler = {
      onConnect: () => {},
      onHeaders: () => true,
      onData: () => true,
      onComplete: () => {
        scrape.busy = false;
        gauge.done();
      },
      onError: error => {
        scrape.busy = false;
        gauge.fail(error.message);
      },
    };
    scrape.ask = () => {
      scrape.busy = true;
      client.dispatch({ path, method: 'GET' }, handler);
    };
    return scrape;
  });
  setInterval(() => {
    const nowMs = performance.now();
    for (const scrape of scrapes) {
      if (scrape.dueMs > nowMs) continue;
      scrape.dueMs += Math.ceil((nowMs - scrape.dueMs) / everyMs) * everyMs;
      if (!scrape.busy) scrape.ask();
    }
  }, TURN_MS);
  return gauge.measure(params);
};
