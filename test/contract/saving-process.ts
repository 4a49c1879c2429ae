import { writeSync } from 'node:fs';
import { systemClock } from '../../lib/domain/clock.ts';
import { openStore } from '../../lib/sqlite/open-store.ts';
import { never } from '../support/dynamodb.ts';
import { holder, pending, state } from './fixtures.ts';

const opened = await openStore(
  { clock: systemClock, random: Math.random, onNotice: () => {} },
  process.argv[2] ?? '',
);
if (opened.kind !== 'open') throw new Error(opened.error);
const id = 'killed' as ReturnType<typeof pending>['transition']['ruleId'];
for (let version = 1; ; version++) {
  await opened.store.save(holder(1), state(version), pending(id, version), never);
  writeSync(1, `${version}\n`);
}
