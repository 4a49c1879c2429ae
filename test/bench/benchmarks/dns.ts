import type { Benchmark, Context } from '../benchmark.ts';
import { runClient, withServer } from '../harness/child.ts';
import { ENDPOINTS, flatOut, WINDOW } from './flat-out.ts';

const run = (context: Context) =>
  withServer(context, { server: 'dns' }, ({ port }) => {
    const bare = { count: ENDPOINTS, port, ...WINDOW };
    return flatOut(context, {
      benchmark: 'dns',
      yaml: `bench.test: { scheme: dns, interval: 1s, resolver: "127.0.0.1:${port}" }`,
      everyMs: 1,
      distinct: false,
      references: [
        {
          name: 'bare UDP, new socket',
          run: () => runClient(context, { client: 'bare-dns', keep: false, ...bare }),
        },
        {
          name: 'bare UDP, kept socket',
          run: () => runClient(context, { client: 'bare-dns', keep: true, ...bare }),
        },
      ],
    });
  });

export const dns: Benchmark = {
  measures:
    'lookups of one A record at a given resolver; the bare loops send the query and read the answer, from a new port each time as a resolver must, or from a kept one',
  inDefaultSuite: true,
  run,
};
