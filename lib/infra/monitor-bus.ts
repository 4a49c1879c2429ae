import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';

/** The bus that every transition goes over, with the queue for what could not be delivered from it. */
export class MonitorBus extends Construct {
  readonly bus: EventBus;
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { stage }: { readonly stage: string }) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: `peregrine-${stage}` });
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { bus: this.bus });
  }
}
