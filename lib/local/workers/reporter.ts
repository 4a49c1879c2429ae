import type { Clock } from '../../domain/clock.ts';
import type { EndpointId } from '../../domain/endpoint.ts';
import type { CheckReport, Observer } from '../../engine/events/observer.ts';
import { eventsOf } from '../../engine/events/of-check.ts';
import { type CheckCounts, countCheck } from '../../engine/measures/check-counts.ts';
import type { FromWorker, Happening, Interest, SentCheck } from './messages.ts';
import { sentCheck } from './sent-status.ts';

/** What happens meanwhile makes one message. */
const FLUSH_EVERY_MS = 20;
/** More checks than fit into the buffer of a client that follows all: those over it are lost, and it is told. */
const MOST_CHECKS_A_FLUSH = 200;

/** Tells the first process what happens. Checks are only counted, unless somebody follows them. */
export const createReporter = (clock: Clock, post: (message: FromWorker) => void) => {
  let happenings: Happening[] = [];
  let checks: SentCheck[] = [];
  let lostEvents = 0;
  let counts: CheckCounts = {};
  let followed: 'all' | ReadonlySet<EndpointId> = new Set();
  let flushing = false;

  const flush = (): void => {
    flushing = false;
    if (happenings.length > 0) post({ kind: 'happened', happenings });
    happenings = [];
    if (checks.length > 0) post({ kind: 'checked', checks, lostEvents });
    checks = [];
    lostEvents = 0;
  };
  const flushSoon = (): void => {
    if (!flushing) clock.after(FLUSH_EVERY_MS, flush);
    flushing = true;
  };
  const happened = (happening: Happening): void => {
    happenings.push(happening);
    flushSoon();
  };

  const follow = (check: CheckReport): void => {
    if (followed !== 'all' && !followed.has(check.endpoint.id)) return;
    if (checks.length >= MOST_CHECKS_A_FLUSH) lostEvents += eventsOf(check).length;
    else checks.push(sentCheck(check));
    flushSoon();
  };

  const observer: Observer = {
    onCheck: check => {
      countCheck(counts, check);
      if (followed === 'all' || followed.size > 0) follow(check);
    },
    onTransition: transition => happened({ kind: 'transition', transition }),
    onDelivery: report => happened({ kind: 'delivery', report }),
    onProblem: message => happened({ kind: 'problem', message }),
  };

  return {
    observer,
    follow: (of: Interest): void => {
      followed = of === 'all' ? of : new Set(of);
    },
    /** Checks by result since the last call. */
    takeCounts: (): CheckCounts => {
      const taken = counts;
      counts = {};
      return taken;
    },
    flush,
  };
};

export type Reporter = ReturnType<typeof createReporter>;
