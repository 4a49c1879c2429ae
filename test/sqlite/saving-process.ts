import { writeSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { systemClock } from '../../lib/domain/clock.ts';
import type { RuleId } from '../../lib/domain/rule.ts';
import { openStore } from '../../lib/sqlite/open-store.ts';
import { holder, pending, state } from '../contract/fixtures.ts';
import { never } from '../support/dynamodb.ts';

const [, , folder = '', most] = process.argv;
const deps = { clock: systemClock, random: Math.random, onNotice: () => {} };
const opened = await openStore(deps, folder);
if (opened.kind !== 'open') process.exit(2);
const id = 'killed' as RuleId;
const saved = (await opened.store.load('all', [id], never)).get(id)?.state.version ?? 0;
writeSync(1, `${saved}\n`);
for (let version = saved + 1; version <= saved + Number(most); version++) {
  const transitionId = `${id}#${version}-${opened.incarnation}`;
  await opened.store.save(
    holder(1),
    state(version),
    pending(id, version, ['ops'], { id: transitionId }),
    never,
  );
  writeSync(1, `${version}\n`);
}
// What nothing refers to is collected, and closed.
setInterval(() => opened.incarnation, 60_000);
