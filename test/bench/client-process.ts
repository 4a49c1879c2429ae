import type { Sample } from './benchmark.ts';
import type { BareDnsParams } from './clients/bare-dns.ts';
import type { BareHttpParams } from './clients/bare-http.ts';
import type { BareHttpsFreshParams } from './clients/bare-https-fresh.ts';
import type { BareTcpParams } from './clients/bare-tcp.ts';
import type { CheckLoopParams } from './clients/check-loop.ts';
import type { ConfigParams } from './clients/config.ts';
import type { RuleParams } from './clients/rule.ts';
import type { ScrapeParams } from './clients/scrape.ts';
import type { SpawnLoopParams } from './clients/spawn-loop.ts';
import type { StoreParams } from './clients/store.ts';
import type { TicksParams } from './clients/ticks.ts';
import type { UndeliveredParams } from './clients/undelivered.ts';

export type ClientParams =
  | ({ readonly client: 'check-loop' } & CheckLoopParams)
  | ({ readonly client: 'bare-http' | 'bare-http-fresh' | 'bare-https' | 'undici-dispatch' } & BareHttpParams)
  | ({ readonly client: 'bare-https-fresh' } & BareHttpsFreshParams)
  | ({ readonly client: 'bare-tcp' } & BareTcpParams)
  | ({ readonly client: 'bare-dns' } & BareDnsParams)
  | ({ readonly client: 'store' } & StoreParams)
  | ({ readonly client: 'undelivered' } & UndeliveredParams)
  | ({ readonly client: 'rule' } & RuleParams)
  | ({ readonly client: 'ticks' | 'node-timers' | 'wheel' } & TicksParams)
  | ({ readonly client: 'config' } & ConfigParams)
  | ({ readonly client: 'spawn-loop' } & SpawnLoopParams)
  | ({ readonly client: 'scrape' } & ScrapeParams);

/** Each loads only what it needs: a reference's memory is its own. */
const run = async (params: ClientParams): Promise<Sample> => {
  switch (params.client) {
    case 'check-loop':
      return (await import('./clients/check-loop.ts')).runCheckLoop(params);
    case 'bare-http':
      return (await import('./clients/bare-http.ts')).runBareHttp(params);
    case 'bare-http-fresh':
      return (await import('./clients/bare-http-fresh.ts')).runBareHttpFresh(params);
    case 'bare-https':
      return (await import('./clients/bare-https.ts')).runBareHttps(params);
    case 'bare-https-fresh':
      return (await import('./clients/bare-https-fresh.ts')).runBareHttpsFresh(params);
    case 'bare-tcp':
      return (await import('./clients/bare-tcp.ts')).runBareTcp(params);
    case 'bare-dns':
      return (await import('./clients/bare-dns.ts')).runBareDns(params);
    case 'undici-dispatch':
      return (await import('./clients/undici-dispatch.ts')).runUndiciDispatch(params);
    case 'store':
      return (await import('./clients/store.ts')).runStore(params);
    case 'undelivered':
      return (await import('./clients/undelivered.ts')).leaveUndelivered(params);
    case 'rule':
      return (await import('./clients/rule.ts')).runRule(params);
    case 'ticks':
      return (await import('./clients/ticks.ts')).runTicks(params);
    case 'node-timers':
      return (await import('./clients/ticks.ts')).runNodeTimers(params);
    case 'wheel':
      return (await import('./clients/ticks.ts')).runWheel(params);
    case 'config':
      return (await import('./clients/config.ts')).runConfig(params);
    case 'spawn-loop':
      return (await import('./clients/spawn-loop.ts')).runSpawnLoop(params);
    case 'scrape':
      return (await import('./clients/scrape.ts')).runScrape(params);
    default:
      return params satisfies never;
  }
};

process.stdin.resume().once('end', () => process.exit());

process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}')))}\n`, () =>
  process.exit(),
);
