import { systemClock } from '../../domain/clock.ts';
import type { Send } from '../../engine/ports/send.ts';
import { createProbes, probeWith } from '../../probe/probes.ts';
import { checksAtOnce, connectionsKept } from '../../process/open-files.ts';
import { keepHeapSteady } from '../../process/steady-heap.ts';
import { readDotEnv } from '../dot-env.ts';
import { readSecrets } from '../secrets.ts';
import { answerCalls, createCaller } from '../store/rpc.ts';
import { remoteStores } from '../store/store-thread.ts';
import { version } from '../version.ts';
import type { FirstProcess, FromWorker, ToWorker } from './messages.ts';
import { createReporter } from './reporter.ts';
import { createJobsets } from './run-jobsets.ts';

/** One of the processes of `npm start -- --workers N`: checks what the first process tells it to, which keeps the
 *  database, the targets, the log and the API. Its owner's name in leases is its only argument. */

keepHeapSteady();

const STATS_EVERY_MS = 1000;
const clock = systemClock;
const [, , owner = ''] = process.argv;

const post = (message: FromWorker, taken: () => void = () => {}): void => {
  process.send?.(message, undefined, undefined, taken);
};

const caller = createCaller<keyof FirstProcess>(
  call => post(call),
  call => post(call),
);
const targets = caller.remote<{ send: Send }>('targets', { send: true });
/** A send never rejects: one that is given up, with its jobset, is tried again by whoever runs that next. */
const send: Send = (...given) =>
  targets.send(...given).catch(cause => ({ kind: 'failed', error: String(cause), afterMs: null }));
const first: FirstProcess = {
  ...remoteStores(caller),
  targets: { send },
  ticks: caller.remote<FirstProcess['ticks']>('ticks', { before: true }),
};

const probes = createProbes({
  clock,
  readSecret: readSecrets(process.env, readDotEnv()),
  environment: process.env,
  version,
  maxKept: connectionsKept(),
});
/** `self` is checked in the first process. */
const self = () => {
  throw new Error('self is not run here');
};
const probe = probeWith({ ...probes.asks, self });
const reporter = createReporter(clock, message => post(message));
const jobsets = createJobsets({
  clock,
  random: Math.random,
  probe,
  owner,
  release: version,
  first,
  reporter,
  post: message => post(message),
  mostAtOnce: checksAtOnce(),
});

const leave = (): never => {
  probes.close();
  process.exit(0);
};

/** A first process that stands still is not sent one after the other. */
let statsWait = false;
const tellStats = (): void => {
  if (!statsWait) {
    statsWait = true;
    const residentBytes = process.memoryUsage.rss();
    const { user, system } = process.cpuUsage();
    const news = { ...jobsets.stats(), cpuS: (user + system) / 1e6, residentBytes };
    post({ kind: 'stats', stats: news }, () => {
      statsWait = false;
    });
  }
  clock.after(STATS_EVERY_MS, tellStats);
};

const end = async (): Promise<void> => {
  await jobsets.end();
  reporter.flush();
  // What is still to be sent goes before it.
  post({ kind: 'over' }, () => process.disconnect());
};

const answering = answerCalls({ jobsets: jobsets.calls }, reply => post(reply));
process.on('message', (message: ToWorker) => {
  if ('of' in message) void answering.answer(message);
  else if (message.kind === 'end') void end();
  else caller.settle(message);
});
/** Without the first process there is no database: nothing may be said any more. */
process.on('disconnect', leave);
/** Ctrl-C reaches every process of the terminal, and a service's end all of the service: the first one ends the others
 *  in peace. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

tellStats();
post({ kind: 'ready' });
