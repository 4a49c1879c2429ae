import type { Clock } from '../../domain/clock.ts';
import { newEntry } from '../../schedule/wheel.ts';
import type { Timers } from '../pacing/timers.ts';
import type { Slot } from './slot.ts';

export type FirstChecksDeps = {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The slot's turn has come. */
  readonly onTurn: (slot: Slot, nowMs: number) => void;
  /** Transitions that are still to be saved. */
  readonly unsaved: () => number;
};

const ROUNDS_APART_MS = 4;
/** Slots whose turn comes in one round: a first check connects and makes a transition that is saved, some 0.3 ms of CPU
 *  in all. */
const MOST_A_ROUND = 12;
/** A round that comes late by this much has others in its way, and gives its turn to one slot alone. */
const LATE_FROM_MS = 4;
/** With more unsaved transitions the store is behind, and nobody's turn comes. */
const MOST_UNSAVED = 500;

/** Endpoints without a known state, in order, at the pace at which first checks get through: at once, thousands would
 *  hold up all that are watched already. */
export const createFirstChecks = ({ clock, timers, onTurn, unsaved }: FirstChecksDeps) => {
  const queue = new Set<Slot>();

  const takeTurns = (nowMs: number): void => {
    let left = nowMs - round.atMs > LATE_FROM_MS ? 1 : MOST_A_ROUND;
    for (const slot of queue) {
      if (left-- === 0 || unsaved() >= MOST_UNSAVED) break;
      queue.delete(slot);
      onTurn(slot, nowMs);
    }
    if (queue.size > 0) timers.set(round, nowMs + ROUNDS_APART_MS);
  };
  const round = newEntry(takeTurns);

  return {
    add: (slot: Slot): void => {
      if (queue.size === 0) timers.set(round, clock.nowMs());
      queue.add(slot);
    },
    remove: (slot: Slot): void => {
      queue.delete(slot);
    },
    size: (): number => queue.size,
  };
};
