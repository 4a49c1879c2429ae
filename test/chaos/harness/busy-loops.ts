import { spawn } from 'node:child_process';

/** So many processes that want a core for themselves, until they are disposed of. */
export const busyLoops = (count: number): Disposable => {
  const loops = Array.from({ length: count }, () =>
    spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  const end = (): void => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
  process.once('exit', end);
  return {
    [Symbol.dispose]: () => {
      process.off('exit', end);
      end();
    },
  };
};
