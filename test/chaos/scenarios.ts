import type { Scenario } from './scenario.ts';
import { clock } from './scenarios/clock.ts';
import { damage } from './scenarios/damage.ts';
import { dataFolder } from './scenarios/data-folder.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { flood } from './scenarios/flood.ts';
import { hostile } from './scenarios/hostile.ts';
import { kill } from './scenarios/kill.ts';
import { network } from './scenarios/network.ts';
import { npm } from './scenarios/npm.ts';
import { orphans } from './scenarios/orphans.ts';
import { overload } from './scenarios/overload.ts';
import { receiver } from './scenarios/receiver.ts';
import { restart } from './scenarios/restart.ts';
import { soak } from './scenarios/soak.ts';
import { stop } from './scenarios/stop.ts';
import { streak } from './scenarios/streak.ts';
import { twoMonitors } from './scenarios/two-monitors.ts';

const WORKERS = 4;

export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  Object.entries({
    kill: kill(1),
    'kill-workers': kill(WORKERS),
    stop: stop(1),
    'stop-workers': stop(WORKERS),
    restart,
    streak,
    clock,
    overload,
    'disk-full': diskFull,
    'data-folder': dataFolder,
    'two-monitors': twoMonitors,
    damage,
    receiver,
    flood,
    network,
    hostile,
    orphans,
    npm,
    soak,
  }),
);
