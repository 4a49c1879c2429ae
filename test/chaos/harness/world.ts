import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Monitor, type MonitorOptions, startMonitor } from './monitor.ts';
import { type Outside, startOutside } from './outside.ts';
import { descendantsOf, end, leftOf } from './processes.ts';

/** One file of endpoints, as the object that its YAML is: JSON is YAML. */
export type EndpointsFile = { readonly [key: string]: object };

export type World = AsyncDisposable & {
  readonly outside: Outside;
  /** Of this world, and gone with it. */
  readonly folder: string;
  readonly data: string;
  readonly write: (name: string, file: EndpointsFile) => void;
  /** Starts a life; the folder is the same for each unless said otherwise. */
  readonly start: (options?: Partial<MonitorOptions>) => Monitor;
  /** Where the service does so: `flap`, `slow-200`. */
  readonly service: (behaviour: string, endpoint: string, host?: string) => string;
  readonly receiver: (target: string) => string;
};

/** A folder of endpoints and data, the services and receivers outside, and whatever monitors are started on them.
 *  At its end no process of it is left. */
export const openWorld = async (seed: number): Promise<World> => {
  const outside = await startOutside(seed);
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-chaos-'));
  const endpoints = join(folder, 'endpoints');
  mkdirSync(endpoints);
  const monitors: Monitor[] = [];
  const killAll = (): void => {
    for (const monitor of monitors) monitor.signalGroup('SIGKILL');
  };
  process.once('exit', killAll);

  return {
    outside,
    folder,
    data: join(folder, 'data'),
    write: (name, file) => writeFileSync(join(endpoints, name), JSON.stringify(file)),
    start: options => {
      const monitor = startMonitor({
        endpoints,
        data: join(folder, 'data'),
        logFile: join(folder, 'log.jsonl'),
        workers: 1,
        ...options,
      });
      monitors.push(monitor);
      return monitor;
    },
    service: (behaviour, endpoint, host = '127.0.0.1') =>
      `http://${host}:${outside.ports.service}/${behaviour}/${endpoint}`,
    receiver: target => `http://127.0.0.1:${outside.ports.receiver}/${target}`,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', killAll);
      for (const monitor of monitors) {
        const below = descendantsOf(monitor.pid);
        monitor.signalGroup('SIGKILL');
        await monitor.ended;
        for (const { pid } of leftOf(below)) end(pid);
      }
      await outside[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
