import { violationsOf } from './invariants/all.ts';
import { simulate } from './simulate.ts';
import { worldOf } from './world/random-world.ts';

/** Prints the seeds from the first to before the last that break an invariant. In a process of its own: inside of jest a
 *  world takes twice as long. */
const [from = 0, to = 0] = process.argv.slice(2).map(Number);
const broken: number[] = [];
for (let seed = from; seed < to; seed++)
  if (violationsOf(await simulate(worldOf(seed))).length > 0) broken.push(seed);
console.log(JSON.stringify(broken));
