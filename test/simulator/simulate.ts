import { HISTORY } from '../../lib/engine/ports/rule-store.ts';
import { createFleet } from './machine/fleet.ts';
import { createScheduler } from './machine/scheduler.ts';
import { type Outside, TRUE_AFTER_PAUSE_MS } from './machine/worker-process.ts';
import type { Observation, See } from './observation.ts';
import { isUp } from './outside/services.ts';
import { NONE, type Sabotage } from './sabotage.ts';
import { createDisk, type Disk } from './store/ports.ts';
import { watchedAt } from './world/config.ts';
import type { EndpointPlan, World } from './world/world.ts';

/** Of the store on one machine, in the ids of its transitions. */
const INCARNATION = 'a1';

const SHOWN_EVERY_MS = 5000;
/** Once all is well, everything must be in order within this time. A target that was down for a minute is tried again
 *  after another. */
const SETTLES_WITHIN_MS = { loop: 240_000, burst: 2_400_000 } as const;
const LOOKS_EVERY_MS = 5000;

export type Simulated = {
  readonly world: World;
  readonly observations: readonly Observation[];
  /** What was still not in order when the world's patience ended. */
  readonly unsettled: readonly string[];
};

const unsettledStates = (disk: Disk, watched: readonly EndpointPlan[], atMs: number): readonly string[] =>
  watched.flatMap(plan => {
    const saved = disk.rules.saved(plan.id)?.state ?? 'never saved';
    const truth = isUp(plan, atMs) ? 'ok' : 'fail';
    return saved === truth ? [] : [`${plan.id} is ${truth}, and saved as ${saved}`];
  });

/** Whatever is saved has reached everybody, and the store knows. */
const isDelivered = (disk: Disk): boolean =>
  disk.rules
    .pending()
    .every(({ transition: { id }, to }) => to.every(name => name === HISTORY && disk.history.has(id)));

/** Lets a world happen, to its end. */
export const simulate = async (world: World, sabotage: Sabotage = NONE): Promise<Simulated> => {
  const scheduler = createScheduler();
  const disk = createDisk(world.kind === 'machine' ? INCARNATION : null);
  const observations: Observation[] = [];
  let over = false;
  const see: See = seen => {
    if (over) return;
    observations.push({ ...seen, atMs: scheduler.nowMs(), order: observations.length });
  };
  const outside: Outside = {
    world,
    scheduler,
    disk,
    see,
    sabotage,
    endpoints: new Map(world.endpoints.map(plan => [plan.id, plan])),
    targets: new Map(world.targets.map(plan => [plan.name, plan])),
    isOver: () => over,
  };
  const fleet = createFleet(outside);

  const keepShowing = (): void => {
    if (over) return;
    fleet.show();
    scheduler.at(scheduler.nowMs() + SHOWN_EVERY_MS, keepShowing);
  };

  const plan = (): void => {
    fleet.open();
    for (const fault of world.faults) {
      scheduler.at(fault.atMs, () => fleet.hit(fault));
      if (fault.kind === 'pause')
        scheduler.at(fault.atMs + fault.forMs + TRUE_AFTER_PAUSE_MS, () => fleet.show());
    }
    for (const { id, service } of outside.endpoints.values())
      for (const { atMs, mode } of service) scheduler.at(atMs, () => see({ kind: 'service', id, mode }));
    for (const { name, changes } of outside.targets.values())
      for (const { atMs, mode } of changes) scheduler.at(atMs, () => see({ kind: 'target', name, mode }));
    scheduler.at(SHOWN_EVERY_MS + 0.5, keepShowing);
  };

  const unsettled = (): readonly string[] => {
    const nowMs = scheduler.nowMs();
    return unsettledStates(disk, watchedAt(world, nowMs), nowMs);
  };

  plan();
  try {
    await scheduler.runUntil(world.faultsUntilMs);
    fleet.revive();
    for (let waitedMs = 0; waitedMs < SETTLES_WITHIN_MS[world.jobsetKind]; waitedMs += LOOKS_EVERY_MS) {
      await scheduler.runUntil(scheduler.nowMs() + LOOKS_EVERY_MS);
      if (unsettled().length === 0 && isDelivered(disk)) break;
    }
    fleet.show();
    return { world, observations, unsettled: unsettled() };
  } catch (cause) {
    return { world, observations, unsettled: [(cause as Error).message] };
  } finally {
    over = true;
    await fleet.close().catch(() => {});
  }
};
