import type { SelfCheck } from '../domain/endpoint.ts';
import type { Json } from '../domain/json.ts';
import type { Vitals } from '../domain/vitals.ts';
import { type Ask, askWith, type Failure, measured } from './answer/answer.ts';

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const MOST_FILES_NAMED = 5;

const scalingLimitText = ({ endpoints, endpointsFit, missedTicks }: Vitals): string => {
  const [fit, all] = [endpointsFit, endpoints].map(count => count.toLocaleString('en'));
  return `scaling limit hit: checks come due faster than they can run, about ${fit} of ${all} endpoints fit (${counted(missedTicks, 'tick', 'ticks')} missed)`;
};

const complaints = (vitals: Vitals): readonly string[] => {
  const { invalidFiles, targetFailures, storeFailures } = vitals;
  const said: string[] = [];
  if (invalidFiles.length > 0) {
    const named = invalidFiles.slice(0, MOST_FILES_NAMED).join(', ');
    const more = invalidFiles.length > MOST_FILES_NAMED ? ', …' : '';
    said.push(`${counted(invalidFiles.length, 'file is', 'files are')} invalid: ${named}${more}`);
  }
  if (vitals.scalingLimitHit) said.push(scalingLimitText(vitals));
  if (targetFailures > 0) said.push(counted(targetFailures, 'delivery failed', 'deliveries failed'));
  if (storeFailures > 0)
    said.push(counted(storeFailures, 'call of the store failed', 'calls of the store failed'));
  return said;
};

/** Counts since the last check instead of since the start. */
const sinceLast = (read: () => Vitals): (() => Vitals) => {
  let last = { missedTicks: 0, targetFailures: 0, storeFailures: 0 };
  return () => {
    const now = read();
    const { missedTicks, targetFailures, storeFailures } = last;
    last = now;
    return {
      ...now,
      missedTicks: Math.max(0, now.missedTicks - missedTicks),
      targetFailures: Math.max(0, now.targetFailures - targetFailures),
      storeFailures: Math.max(0, now.storeFailures - storeFailures),
    };
  };
};

/** The shape of `selfValues`. */
const asJson = (vitals: Vitals): Json => ({
  config: { invalid_files: vitals.invalidFiles.length },
  loop: {
    lateness_ms: vitals.latenessMs,
    missed_ticks: vitals.missedTicks,
    scaling_limit_hit: vitals.scalingLimitHit,
    endpoints_fit: vitals.endpointsFit,
  },
  target: { failures: vitals.targetFailures },
  store: { failures: vitals.storeFailures },
  heartbeat: 1,
});

const variablesOf = (vitals: Vitals) => ({
  invalid_files: BigInt(vitals.invalidFiles.length),
  lateness_ms: vitals.latenessMs,
  missed_ticks: BigInt(vitals.missedTicks),
  scaling_limit_hit: vitals.scalingLimitHit,
  endpoints_fit: BigInt(vitals.endpointsFit),
  target_failures: BigInt(vitals.targetFailures),
  store_failures: BigInt(vitals.storeFailures),
});

/** The monitor looks at itself: what is wrong since it last looked. */
export const askSelf = (readVitals: () => Vitals): Ask<SelfCheck> => {
  const read = sinceLast(readVitals);
  return askWith(async () => {
    const vitals = read();
    const wrong = complaints(vitals);
    const shortfall: Failure | null = wrong.length > 0 ? { reason: 'test', error: wrong.join('; ') } : null;
    return {
      kind: 'answered',
      measures: measured(0),
      shortfall,
      variables: () => variablesOf(vitals),
      json: () => ({ kind: 'json', value: asJson(vitals) }),
    };
  });
};
