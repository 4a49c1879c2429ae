import { writeSync } from 'node:fs';
import { dynamodbClient } from '../../lib/aws/dynamodb-client.ts';
import { createRuleStore } from '../../lib/aws/rule-store.ts';
import { createTable } from '../../lib/aws/table.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import type { EndpointId } from '../../lib/domain/endpoint.ts';
import { openEmbeddedDynamodb } from '../../lib/local/embedded-dynamodb.ts';
import { never } from '../support/dynamodb.ts';
import { holder, pending, state } from './fixtures.ts';

const opened = await openEmbeddedDynamodb(process.argv[2] ?? '');
if (opened.kind !== 'open') throw new Error(opened.error);
const client = dynamodbClient(opened.address);
await createTable(client, 'peregrine', never);
const store = createRuleStore({ client, table: 'peregrine', clock: systemClock });
const id = 'killed' as EndpointId;
for (let version = 1; ; version++) {
  await store.save(holder(1), state(version), pending(id, version), never);
  writeSync(1, `${version}\n`);
}
