import { parseArgs } from 'node:util';
import { violationsOf } from './invariants/all.ts';
import { reportOf } from './report.ts';
import { simulate } from './simulate.ts';
import { transcriptOf } from './transcript.ts';
import { worldOf } from './world/random-world.ts';
import { FAULTS, type Fault } from './world/world.ts';
import { simulateYear } from './year.ts';

const USAGE = `npm run simulate -- [--seeds N] [--from S] [--faults ${FAULTS.join(',')}]
                       a world for each seed; of the first that breaks an invariant, what led to it
npm run simulate -- --seed S [--transcript]   one world; with its whole transcript
npm run simulate -- --year [--days N]         one jobset, handed over every 15 minutes`;

const number = (name: string, value: string | undefined, otherwise: number): number => {
  const parsed = value === undefined ? otherwise : Number(value);
  if (Number.isSafeInteger(parsed) && parsed >= 0) return parsed;
  console.error(`--${name} is "${value}". Give a whole number.`);
  process.exit(2);
};

const faultsOf = (value: string | undefined): readonly Fault['kind'][] => {
  if (value === undefined) return FAULTS;
  const kinds = value.split(',');
  const unknown = kinds.find(kind => !FAULTS.some(known => known === kind));
  if (unknown === undefined) return FAULTS.filter(kind => kinds.includes(kind));
  console.error(`--faults names "${unknown}". Known: ${FAULTS.join(', ')}.`);
  process.exit(2);
};

const runSeeds = async (from: number, seeds: number, faults: readonly Fault['kind'][]): Promise<number> => {
  const startedMs = performance.now();
  const broken = new Map<string, number[]>();
  let shown = false;
  let simulatedMs = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const simulated = await simulate(worldOf(seed, faults));
    simulatedMs += simulated.observations.at(-1)?.atMs ?? 0;
    const violations = violationsOf(simulated);
    for (const name of new Set(violations.map(({ invariant }) => invariant)))
      broken.set(name, [...(broken.get(name) ?? []), seed]);
    if (violations.length === 0 || shown) continue;
    shown = true;
    console.log(await reportOf({ simulated, violations }, faults));
  }
  const tookS = (performance.now() - startedMs) / 1000;
  console.log(
    `${seeds} seeds from ${from}: ${(simulatedMs / 3_600_000).toFixed(1)} hours of simulated time in ${tookS.toFixed(1)} s`,
  );
  for (const [name, all] of broken)
    console.log(
      `${name}: ${all.length} broken, seeds ${all.slice(0, 12).join(' ')}${all.length > 12 ? ' …' : ''}`,
    );
  return broken.size === 0 ? 0 : 1;
};

const runSeed = async (seed: number, faults: readonly Fault['kind'][], whole: boolean): Promise<number> => {
  const simulated = await simulate(worldOf(seed, faults));
  const violations = violationsOf(simulated);
  if (whole) console.log(transcriptOf(simulated.world, simulated.observations, [], Number.POSITIVE_INFINITY));
  else if (violations.length > 0) console.log(await reportOf({ simulated, violations }, faults));
  for (const { atMs, invariant, message } of violations)
    if (whole) console.log(`${(atMs / 1000).toFixed(3)} ${invariant}: ${message}`);
  if (violations.length === 0) console.log(`seed ${seed}: all invariants hold`);
  return violations.length === 0 ? 0 : 1;
};

const runYear = async (days: number): Promise<number> => {
  const startedMs = performance.now();
  const { handOvers, violations } = await simulateYear(days);
  for (const { atMs, invariant, message } of violations.slice(0, 20))
    console.log(`${(atMs / 1000).toFixed(3)} ${invariant}: ${message}`);
  console.log(
    `${days} days, ${handOvers} hand-overs in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
  );
  return violations.length === 0 ? 0 : 1;
};

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    transcript: { type: 'boolean', default: false },
    year: { type: 'boolean', default: false },
    days: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const run = async (): Promise<number> => {
  const faults = faultsOf(values.faults);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.year) return runYear(number('days', values.days, 365));
  if (values.seed !== undefined) return runSeed(number('seed', values.seed, 0), faults, values.transcript);
  return runSeeds(number('from', values.from, 0), number('seeds', values.seeds, 1000), faults);
};

process.exitCode = await run();
