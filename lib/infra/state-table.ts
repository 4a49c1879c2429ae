import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { table as layout } from '../domain/table.ts';

const string = (name: string) => ({ name, type: AttributeType.STRING });

/** State, outbox, leases and history of one deployment. */
export class StateTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id);
    const { monthsIndex } = layout;
    this.table = new Table(this, 'Table', {
      partitionKey: string(layout.partitionKey),
      sortKey: string(layout.sortKey),
      timeToLiveAttribute: layout.ttlAttribute,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Encrypted at rest by default, with a key that AWS owns: one of the account's would bill its calls to KMS.
      removalPolicy,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: monthsIndex.name,
      partitionKey: string(monthsIndex.partitionKey),
      sortKey: string(monthsIndex.sortKey),
    });
  }
}
