import { CfnArchive, type EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

const RETENTION_DAYS = 30;

/** Keeps what went over the bus, to be replayed to a rule. */
export class BusArchive extends Construct {
  constructor(scope: Construct, id: string, { bus }: { readonly bus: EventBus }) {
    super(scope, id);
    new CfnArchive(this, 'Archive', { sourceArn: bus.eventBusArn, retentionDays: RETENTION_DAYS });
  }
}
