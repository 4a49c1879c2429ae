import type { RuleId } from '../../domain/rule.ts';
import type { OutboxEntry } from './outbox-entry.ts';

/** What one rule has for one target, oldest first: only the first is ever tried, so order holds. All instants are
 *  monotonic. */
export type RuleQueue = {
  readonly id: RuleId;
  readonly waiting: { readonly entry: OutboxEntry; readonly bornAtMs: number }[];
  /** Its first entry is on its way. */
  isTried: boolean;
  /** Attempts of the first entry; so are all fields below. */
  attempts: number;
  /** How often the target took what others sent after this had failed: its own fault, not the target's. */
  faults: number;
  /** Number of the event of its last failure. */
  failedAt: number;
  /** The receiver asked not to be sent it before. */
  notBeforeMs: number;
};

export const newRuleQueue = (id: RuleId): RuleQueue => ({
  id,
  waiting: [],
  isTried: false,
  attempts: 0,
  faults: 0,
  failedAt: 0,
  notBeforeMs: Number.NEGATIVE_INFINITY,
});

export const bornAtMs = ({ waiting }: RuleQueue): number => waiting[0]?.bornAtMs ?? Number.POSITIVE_INFINITY;

/** Takes the first entry out: it is delivered, or never will be. */
export const takeFirst = (queue: RuleQueue): OutboxEntry | undefined => {
  queue.attempts = 0;
  queue.faults = 0;
  queue.notBeforeMs = Number.NEGATIVE_INFINITY;
  return queue.waiting.shift()?.entry;
};

/** One fault may be an outage's; of two on, others go first. */
const FAULTS_OF_ITS_OWN = 2;

/** Order in which a target gets what waits: the oldest first, behind all that has no fault of its own what has. */
export const goesBefore = (one: RuleQueue, other: RuleQueue): boolean => {
  const [atFault, otherAtFault] = [one.faults >= FAULTS_OF_ITS_OWN, other.faults >= FAULTS_OF_ITS_OWN];
  return atFault === otherAtFault ? bornAtMs(one) < bornAtMs(other) : otherAtFault;
};
