/** What is counted for a bill, by the name of its price. */
export type Meter = keyof typeof prices;
/** So much of each in a month. */
export type Usage = { readonly [meter in Meter]?: number };

export type Service =
  | 'lambda'
  | 'dynamodb'
  | 'scheduler'
  | 'eventbridge'
  | 'api_destinations'
  | 'cloudwatch'
  | 'logs'
  | 'secrets_manager';

export type Price = {
  readonly service: Service;
  /** Price of one. Where there are tiers: until the first of them. */
  readonly usd: number;
  /** So much a month costs nothing in any account, also after its first year. */
  readonly free: number;
  /** From so many on, one costs this. */
  readonly tiers?: readonly { readonly from: number; readonly usd: number }[];
};

const M = 1_000_000;

export const priceList = {
  region: 'us-east-1',
  asOf: '2026-11-20',
  sources: [
    'aws.amazon.com/lambda/pricing',
    'aws.amazon.com/dynamodb/pricing/on-demand',
    'aws.amazon.com/eventbridge/pricing',
    'aws.amazon.com/cloudwatch/pricing',
    'aws.amazon.com/secrets-manager/pricing',
  ],
} as const;

const prices = {
  /** arm64, the first 7.5 billion a month. */
  lambdaGbSeconds: { service: 'lambda', usd: 0.0000133334, free: 400_000 },
  lambdaRequests: { service: 'lambda', usd: 0.2 / M, free: M },
  /** Units of 1 KB each. The free 25 units are for provisioned capacity, not for this table, which is on demand. */
  dynamodbWrites: { service: 'dynamodb', usd: 0.625 / M, free: 0 },
  /** Units of 4 KB each, strongly consistent. */
  dynamodbReads: { service: 'dynamodb', usd: 0.125 / M, free: 0 },
  dynamodbGb: { service: 'dynamodb', usd: 0.25, free: 25 },
  /** Point-in-time recovery. */
  dynamodbBackupGb: { service: 'dynamodb', usd: 0.2, free: 0 },
  schedulerInvocations: { service: 'scheduler', usd: 1 / M, free: 14 * M },
  /** Events of 64 KB each. Rules of the own account deliver without a charge. */
  customEvents: { service: 'eventbridge', usd: 1 / M, free: 0 },
  apiDestinationCalls: { service: 'api_destinations', usd: 0.2 / M, free: 0 },
  metrics: {
    service: 'cloudwatch',
    usd: 0.3,
    free: 10,
    tiers: [
      { from: 10_000, usd: 0.1 },
      { from: 250_000, usd: 0.05 },
      { from: M, usd: 0.02 },
    ],
  },
  alarms: { service: 'cloudwatch', usd: 0.1, free: 10 },
  /** That look every 10 s. */
  quickAlarms: { service: 'cloudwatch', usd: 0.3, free: 0 },
  /** Free ones have at most 50 metrics. */
  dashboards: { service: 'cloudwatch', usd: 3, free: 3 },
  putMetricData: { service: 'cloudwatch', usd: 0.01 / 1000, free: M },
  logGb: { service: 'logs', usd: 0.5, free: 5 },
  secrets: { service: 'secrets_manager', usd: 0.4, free: 0 },
  secretReads: { service: 'secrets_manager', usd: 0.05 / 10_000, free: 0 },
} as const satisfies { readonly [meter: string]: Price };

export const priceOf = (meter: Meter): Price => prices[meter];
export const meters = Object.keys(prices) as readonly Meter[];

/** A run of a canary of CloudWatch Synthetics, which is one check. */
export const SYNTHETICS_RUN_USD = 0.0012;
