import type { Benchmark, Context } from '../benchmark.ts';
import { runClient, withServer } from '../harness/child.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const run = (context: Context) =>
  withServer(context, { server: 'tcp' }, ({ port }) =>
    flatOut(context, {
      benchmark: 'tcp',
      yaml: `127.0.0.1:${port}: { scheme: tcp, interval: 1s, expect_banner: ^ready }`,
      everyMs: 1,
      distinct: true,
      references: [
        {
          name: 'bare loop',
          run: () => runClient(context, { client: 'bare-tcp', count: ENDPOINTS, port, ...WINDOW }),
        },
      ],
    }),
  );

export const tcp: Benchmark = {
  measures: 'checks that a port greets; the bare loop connects, reads the greeting and closes',
  inDefaultSuite: true,
  run,
};
