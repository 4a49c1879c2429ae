import type { Clock } from '../domain/clock.ts';

/** What every client is made with; what is absent the SDK finds in the environment. */
export type ClientConfig = {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

export type AwsSendDeps = { readonly config: ClientConfig; readonly clock: Clock };

/** null: where the monitor runs. */
export type Region = string | null;

/** The region of an ARN; null where the text is none, or the service has no regions. */
export const regionOfArn = (arn: string): Region => arn.split(':')[3] || null;

/** The outbox repeats what failed, with a back-off of its own. */
const MAX_ATTEMPTS = 1;

/** One client for each region that targets name. */
export const clientPerRegion = <Client>(
  { config }: AwsSendDeps,
  create: (config: ClientConfig & { readonly maxAttempts: number }) => Client,
): ((region: Region) => Client) => {
  const clients = new Map<Region, Client>();
  return region => {
    const existing = clients.get(region);
    if (existing) return existing;
    const client = create({ ...config, ...(region && { region }), maxAttempts: MAX_ATTEMPTS });
    clients.set(region, client);
    return client;
  };
};
