/** `https://sqs.<region>.amazonaws.com/<account>/<name>`, also of China and with the older host names left out. */
const QUEUE_URL =
  /^https:\/\/sqs\.(?<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(?<account>\d{12})\/(?<name>[\w-]{1,80}(?:\.fifo)?)$/;

type Queue = { readonly region: string; readonly account: string; readonly name: string };

/** null: not the URL of a queue. */
export const queueOf = (url: string): Queue | null => {
  const { region, account, name } = QUEUE_URL.exec(url)?.groups ?? {};
  return region === undefined || account === undefined || name === undefined
    ? null
    : { region, account, name };
};

export const queueArn = (partition: string, url: string): string => {
  const queue = queueOf(url);
  if (queue === null) throw new Error(`${url} is not the URL of a queue`);
  return `arn:${partition}:sqs:${queue.region}:${queue.account}:${queue.name}`;
};
