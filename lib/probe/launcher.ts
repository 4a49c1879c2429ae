import type { Clock } from '../domain/clock.ts';
import { openBashStarter } from './bash-starter.ts';
import { openDashStarter } from './dash-starter.ts';
import type { Starter } from './process-group.ts';
import { createShellCommands } from './shell-command.ts';
import { spawnStarter } from './spawn-starter.ts';

/** How programs are started here, best first: by a dash, by a bash, by the monitor itself. The first attempt tells. */
export const createLauncher = (clock: Clock, environment: NodeJS.ProcessEnv): (() => Promise<Starter>) => {
  const commands = createShellCommands(environment.PATH);
  let open: typeof openDashStarter | null = null;
  let isTold = false;
  return async () => {
    for (const opener of isTold ? [open] : [openDashStarter, openBashStarter]) {
      const starter = (await opener?.(clock, environment, commands)) ?? null;
      if (starter === null) continue;
      open = opener;
      isTold = true;
      return starter;
    }
    isTold = true;
    return spawnStarter(clock, environment, open === null);
  };
};
