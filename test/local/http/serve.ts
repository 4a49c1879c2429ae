import { systemClock } from '../../../lib/domain/clock.ts';
import { createLiveEvents } from '../../../lib/local/http/live.ts';
import { createMetrics } from '../../../lib/local/http/metrics.ts';
import { type HttpServer, startHttpServer } from '../../../lib/local/http/server.ts';
import type { Source } from '../../../lib/local/http/source.ts';

const running: HttpServer[] = [];

/** The API of `source` on a free port of loopback. */
export const serve = async (source: Source, host = '127.0.0.1', clock = systemClock) => {
  const live = createLiveEvents();
  const metrics = createMetrics();
  const problems: string[] = [];
  const server = await startHttpServer({
    source,
    live,
    metrics,
    clock,
    host,
    port: 0,
    onProblem: message => problems.push(message),
  });
  if (server.kind !== 'listening') throw new Error(`not listening: ${JSON.stringify(server)}`);
  running.push(server);
  return { ...server, live, metrics, problems };
};

export const closeServers = async () => {
  await Promise.all(running.splice(0).map(server => server.close()));
};
