import type { Sample } from './benchmark.ts';
import type { BareHttpParams } from './clients/bare-http.ts';
import type { CheckLoopParams } from './clients/check-loop.ts';

export type ClientParams =
  | ({ readonly client: 'check-loop' } & CheckLoopParams)
  | ({ readonly client: 'bare-http' | 'undici-dispatch' } & BareHttpParams);

/** Each loads only what it needs: a reference's memory is its own. */
const run = async (params: ClientParams): Promise<Sample> => {
  switch (params.client) {
    case 'check-loop':
      return (await import('./clients/check-loop.ts')).runCheckLoop(params);
    case 'bare-http':
      return (await import('./clients/bare-http.ts')).runBareHttp(params);
    case 'undici-dispatch':
      return (await import('./clients/undici-dispatch.ts')).runUndiciDispatch(params);
    default:
      return params satisfies never;
  }
};

process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}')))}\n`, () =>
  process.exit(),
);
