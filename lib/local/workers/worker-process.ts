import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../domain/clock.ts';
import { answerCalls, createCaller } from '../store/rpc.ts';
import type { FirstProcess, FromWorker, ToWorker, WorkerCalls } from './messages.ts';

export type WorkerProcessDeps = {
  readonly clock: Clock;
  readonly env: { readonly [variable: string]: string | undefined };
  /** What it may call. */
  readonly first: FirstProcess;
};

/** What it tells of itself; calls and replies are seen to already. */
export type News = Exclude<FromWorker, { readonly call: number }>;

export type WorkerProcess = {
  /** From 1: a worker that takes the place of another has its number. */
  readonly number: number;
  /** In leases: no other process ever has it. */
  readonly owner: string;
  readonly calls: WorkerCalls;
  /** Resolves to why it is gone, in words. */
  readonly gone: Promise<string>;
  /** It has said something since this was asked last. */
  readonly takeSignOfLife: () => boolean;
  /** Asks it to end in peace, and kills it when it takes too long. */
  readonly end: () => Promise<void>;
  readonly kill: () => void;
};

const SCRIPT = fileURLToPath(new URL('./jobsets-worker.ts', import.meta.url));
/** Checks in flight and unsaved states take up to 2 s. */
const ENDS_WITHIN_MS = 2500;

const whyGone = (child: ChildProcess): Promise<string> =>
  new Promise(resolve => {
    // Stays: an error that nobody listens for would end this process.
    child.on('error', error => {
      if (child.pid === undefined) resolve(`it could not be started: ${error.message}`);
    });
    child.once('exit', (code, killedBy) =>
      resolve(killedBy === null ? `it ended with exit code ${code}` : `it was ended by ${killedBy}`),
    );
  });

/** Starts a process that runs jobsets. It reads secrets by itself, and what it writes to standard error is shown. */
export const startWorkerProcess = (
  { clock, env, first }: WorkerProcessDeps,
  number: number,
  onNews: (news: News) => void,
): WorkerProcess => {
  const owner = `worker-${number}/${randomUUID()}`;
  const child = fork(SCRIPT, [owner], {
    env: { ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = whyGone(child);
  // One that stands still would outlive this process.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void gone.then(() => process.off('exit', kill));
  let alive = false;
  let isGone = false;

  const post = (message: ToWorker): void => {
    // What is lost with a process that ends is told by its end.
    if (child.connected) child.send(message, () => {});
  };
  const caller = createCaller<'jobsets'>(post);
  const answering = answerCalls(first, post);

  child.on('message', message => {
    alive = true;
    const news = message as FromWorker;
    if ('of' in news) return void answering.answer(news);
    switch (news.kind) {
      case 'cancel':
        return answering.cancel(news);
      case 'value':
      case 'error':
        return caller.settle(news);
      case 'begun':
      case 'ready':
        // The end of a process can overtake what it said last.
        return isGone ? undefined : onNews(news);
      default:
        return onNews(news);
    }
  });
  void gone.then(why => {
    isGone = true;
    caller.end(why);
    answering.cancelAll();
  });

  return {
    number,
    owner,
    calls: caller.remote<WorkerCalls>('jobsets', {
      run: true,
      leave: true,
      statuses: true,
      tellChecks: true,
    }),
    gone,
    takeSignOfLife: () => {
      const was = alive;
      alive = false;
      return was;
    },
    end: async () => {
      post({ kind: 'end' });
      const cancel = clock.after(ENDS_WITHIN_MS, kill);
      await gone;
      cancel();
    },
    kill,
  };
};
