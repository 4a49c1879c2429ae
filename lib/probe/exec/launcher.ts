import type { Clock } from '../../domain/clock.ts';
import { openBashStarter } from './bash-starter.ts';
import { openDashStarter } from './dash-starter.ts';
import type { Starter } from './process-group.ts';
import { createShellCommands } from './shell-command.ts';
import { spawnStarter } from './spawn-starter.ts';

/** How programs are started here, best first: by a dash, by a bash, by the monitor itself. */
export const createLauncher = (clock: Clock, environment: NodeJS.ProcessEnv): (() => Promise<Starter>) => {
  const commands = createShellCommands(environment.PATH);
  let openers = [openDashStarter, openBashStarter];
  let isProven = false;
  return async () => {
    for (const open of openers) {
      const starter = await open(clock, environment, commands);
      if (starter === null) continue;
      openers = [open];
      isProven = true;
      return starter;
    }
    // What worked before fails just now, for want of processes or descriptors: the next time it may work again.
    return spawnStarter(clock, environment, !isProven);
  };
};
