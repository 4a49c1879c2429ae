import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Order, Orders, Ports, Said } from '../outside/orders.ts';

const SCRIPT = fileURLToPath(new URL('../outside-process.ts', import.meta.url));

/** Above all that competes with the monitor, where that is allowed. */
const PRIORITY = -15;

export type Outside = AsyncDisposable & {
  readonly ports: Ports;
  readonly tell: <O extends Order>(order: O, given: Orders[O]['with']) => Promise<Orders[O]['gives']>;
};

const raise = (pid: number): void => {
  try {
    setPriority(pid, PRIORITY);
  } catch {
    // Only root may: without it an overloaded machine slows the services, too.
  }
};

export const startOutside = async (seed: number): Promise<Outside> => {
  const child = fork(SCRIPT, [String(seed)], {
    env: { ...process.env, NODE_OPTIONS: '' },
    execArgv: [],
    serialization: 'advanced',
  });
  raise(child.pid ?? 0);
  const [ports] = (await once(child, 'message')) as [Ports];
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ call, gives }: Said) => {
    waiting.get(call)?.resolve(gives);
    waiting.delete(call);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the services outside ended with ${signal ?? code}`));
  });
  let calls = 0;
  return {
    ports,
    tell: <O extends Order>(order: O, given: Orders[O]['with']) => {
      const answer = Promise.withResolvers<unknown>();
      const call = ++calls;
      waiting.set(call, answer);
      child.send({ call, order, with: given });
      return answer.promise as Promise<Orders[O]['gives']>;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};
