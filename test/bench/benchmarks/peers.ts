import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Context, Measurement, Sample } from '../benchmark.ts';
import { addressOf } from '../clients/endpoints.ts';
import { runClient, withServer } from '../harness/child.ts';
import { pinnedTo } from '../harness/cores.ts';
import { withFolder } from '../harness/folder.ts';
import { manyFiles } from '../harness/many-files.ts';
import { atMost, measurementOf, skipped, withGoals } from '../harness/measurement.ts';
import { withMonitor } from '../harness/monitor.ts';
import { binaryOf } from '../harness/peer-binary.ts';
import { type Usage, usageOf } from '../harness/process-usage.ts';
import { blackboxExporter } from '../peers/blackbox-exporter.ts';
import { cloudprober } from '../peers/cloudprober.ts';
import { gatus } from '../peers/gatus.ts';
import type { Peer } from '../peers/peer.ts';
import type { ArrivalReport } from '../servers/arrivals.ts';

const COUNT = 1000;
const EVERY_MS = 100;
/** What each does once, at its start, is over: Peregrine saves and tells of 1,000 first results for half a minute. */
const SETTLES_AFTER_MS = 40_000;
const MEASURE_MS = 10_000;

type Services = {
  readonly urls: readonly string[];
  readonly measure: () => Promise<ArrivalReport>;
};

const withServices = <T>(context: Context, use: (services: Services) => Promise<T>): Promise<T> =>
  withServer(context, { server: 'arrivals' }, ({ port, controlPort }) =>
    use({
      urls: Array.from({ length: COUNT }, (_, at) => `http://${addressOf(at + 1)}:${port}/${at}`),
      measure: async () => {
        const order = `http://127.0.0.1:${controlPort}/?forMs=${MEASURE_MS}&everyMs=${EVERY_MS}`;
        return (await (await fetch(order)).json()) as ArrivalReport;
      },
    }),
  );

/** All as the services see it; CPU and memory as the kernel tells. */
const sampleOf = async (services: Services, usage: () => Usage): Promise<Sample> => {
  await sleep(SETTLES_AFTER_MS);
  const before = usage();
  const { checks, forMs, errors, missing, services: checked } = await services.measure();
  const after = usage();
  return {
    operations: checks,
    wallMs: forMs,
    cpuMs: after.cpuMs - before.cpuMs,
    latency: errors,
    peakBytes: after.peakBytes,
    facts: {
      'of wanted %': (checks / ((forMs / EVERY_MS) * COUNT)) * 100,
      missing,
      'endpoints checked': checked,
    },
    failures: null,
  };
};

const peregrine = (context: Context, services: Services): Promise<Sample> => {
  const files = manyFiles(
    `  scheme: http\n  interval: ${EVERY_MS}ms\n  success_test: status_code == 200 && json.status == "ok"`,
    COUNT,
    at => `e${at}: { url: "${services.urls[at]}" }`,
  );
  const options = { data: ':memory:', workers: 1, pinned: true, startsWithinMs: 30_000 };
  return withFolder(files, ({ endpoints }) =>
    withMonitor(context, { endpoints, ...options }, monitor => sampleOf(services, monitor.usage)),
  );
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

const runPeer = async (context: Context, peer: Peer, path: string, services: Services): Promise<Sample> => {
  const setting = { urls: services.urls, everyMs: EVERY_MS, port: await freePort() };
  return withFolder({ [peer.configFile]: peer.config(setting) }, async ({ endpoints: folder }) => {
    const configPath = join(folder, peer.configFile);
    const [command = '', ...args] = [
      ...pinnedTo(context.cores?.client),
      path,
      ...peer.args(setting, configPath),
    ];
    const { signal } = context;
    const env = { ...process.env, ...peer.env(configPath) };
    const child = spawn(command, args, { env, stdio: 'ignore', signal });
    const ended = once(child, 'exit');
    try {
      await sleep(1000);
      const scraping = peer.scrape && scrape(context, peer.scrape, setting);
      const sample = await Promise.race([
        sampleOf(services, () => usageOf(child.pid ?? 0)),
        ended.then(([code]) => Promise.reject(new Error(`${peer.name} ended with ${code}`))),
      ]);
      await scraping;
      return sample;
    } finally {
      child.kill('SIGKILL');
    }
  });
};

const scrape = (
  context: Context,
  pathOf: (url: string) => string,
  {
    urls,
    everyMs,
    port,
  }: { readonly urls: readonly string[]; readonly everyMs: number; readonly port: number },
): Promise<Sample> =>
  runClient(
    // Who scrapes shares the core of the services.
    { ...context, cores: context.cores && { ...context.cores, client: context.cores.server } },
    {
      client: 'scrape',
      origin: `http://127.0.0.1:${port}`,
      paths: urls.map(pathOf),
      everyMs,
      warmUpMs: SETTLES_AFTER_MS,
      measureMs: MEASURE_MS,
    },
  );

const cpuOf = ({ figures }: Measurement): number => figures.cpuUs?.median ?? Number.POSITIVE_INFINITY;

const goalsAgainst = (ours: Measurement, peers: readonly Measurement[]): Measurement => {
  const measured = peers.filter(({ figures }) => figures.cpuUs !== null);
  if (measured.length === 0) return ours;
  const best = Math.min(...measured.map(cpuOf));
  const leastLate = Math.min(
    ...measured.map(({ figures }) => figures.p99Ms?.median ?? Number.POSITIVE_INFINITY),
  );
  return withGoals(ours, [
    atMost('CPU per check against the best of them', cpuOf(ours) / best, 0.5, '×'),
    atMost('interval error p99, the least of them', ours.figures.p99Ms?.median, leastLate, 'ms'),
  ]);
};

const run = (context: Context): Promise<readonly Measurement[]> =>
  withServices(context, async services => {
    context.progress('peers: Peregrine');
    const sample = await peregrine(context, services);
    const ours = measurementOf({ name: 'Peregrine', samples: [sample] }, 'check');
    const others: Measurement[] = [];
    for (const peer of [gatus, blackboxExporter, cloudprober]) {
      const binary = await binaryOf(context, peer);
      if (binary.kind === 'not-to-be-had') {
        others.push(skipped(peer.name, 'check', binary.why));
        continue;
      }
      context.progress(`peers: ${peer.name}`);
      const measured = await runPeer(context, peer, binary.path, services);
      const notes = [`${peer.version}: ${peer.note}`];
      others.push(measurementOf({ name: peer.name, samples: [measured] }, 'check', null, notes));
    }
    return [goalsAgainst(ours, others), ...others];
  });

export const peers: Benchmark = {
  measures: `${COUNT.toLocaleString('en-US')} endpoints × ${1000 / EVERY_MS}/s through other monitors too, one core each; spans are errors of the interval as the services see it`,
  inDefaultSuite: false,
  run,
};
