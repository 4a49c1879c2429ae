import { Logger } from '@aws-lambda-powertools/logger';
import { dynamodbClient } from '../lib/aws/dynamodb-client.ts';
import { createHistory } from '../lib/aws/history.ts';
import { createLeaseStore } from '../lib/aws/lease-store.ts';
import { createPublisher } from '../lib/aws/publish.ts';
import { createPutMetricData } from '../lib/aws/put-metric-data.ts';
import { createLoadSecrets } from '../lib/aws/read-secrets.ts';
import { createRuleStore } from '../lib/aws/rule-store.ts';
import { cloudWatchSender } from '../lib/aws/send-cloudwatch.ts';
import { transitionSource } from '../lib/domain/channel.ts';
import { systemClock } from '../lib/domain/clock.ts';
import { readDeployed } from './deployed.ts';
import { readEnvironment } from './environment.ts';
import { logObserver } from './log.ts';
import { createSend } from './send.ts';

const clock = systemClock;
/** Region and credentials are those of the function. */
const config = {};

export const logger = new Logger();

/** All that both functions are made of, once a sandbox. */
const wire = () => {
  const { stage, table, bus, region } = readEnvironment(process.env);
  const deployed = readDeployed(new URL('./', import.meta.url));
  const db = { client: dynamodbClient(), table, clock };
  const log = logObserver(logger);
  const aws = { config, clock };
  const putMetrics = createPutMetricData({ ...aws, onProblem: log.onProblem });
  const send = createSend({
    region,
    targetNamed: deployed.target,
    publish: createPublisher({ ...aws, own: { bus, source: transitionSource(stage) } }),
    putMetrics: cloudWatchSender(aws),
  });
  return {
    clock,
    random: Math.random,
    stage,
    deployed,
    log,
    logger,
    putMetrics,
    loadSecrets: createLoadSecrets(aws),
    engine: {
      store: createRuleStore(db),
      leases: createLeaseStore(db),
      history: createHistory(db),
      send,
      release: deployed.deployment.release,
      otherTarget: deployed.target,
    },
  };
};

export type Wired = ReturnType<typeof wire>;
export const wired: Wired = wire();
