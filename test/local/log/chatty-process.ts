/** Logs 64 MB as fast as it can, then says so on standard error. */
import { systemClock } from '../../../lib/domain/clock.ts';
import { createLog } from '../../../lib/local/log/log.ts';
import { openOutput } from '../../../lib/local/log/output.ts';

const output = openOutput(1, systemClock);
const log = createLog({ format: 'json', output, clock: systemClock, terminal: null, colour: false });
const message = 'x'.repeat(64 * 1024);
let turns = 0;
while (turns++ < 100) {
  for (let line = 0; line < 10; line++) log.problem(message);
  await systemClock.sleep(1);
}
await output.flush(1000);
process.stderr.write('all said\n', () => process.exit(0));
