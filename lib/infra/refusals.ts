import { problemText } from '../config/problem.ts';
import { type Channel, channelsOf, isTo, usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import type { ApiKey, Target } from '../domain/target.ts';
import { queueOf } from './queue-arn.ts';

type Webhook = Extract<Target['to'], { readonly kind: 'webhook' }>;

type Fault = { readonly message: string; readonly fix: string };

/** What a file may say and one machine can do, but AWS or CloudFormation would turn away in the middle of a
 *  deployment. One line each: `endpoints/shop.yml:3: what is wrong. How to put it right.` */
export const refusals = (
  config: Config,
  { region }: { readonly region: string | null },
): readonly string[] => [
  ...usedTargets(config).flatMap(target => faultsOf(target, region).map(fault => line(target, fault))),
  ...regionClashes(config),
  ...tooMany(channelsOf(config)),
];

const line = ({ source, name }: Target, { message, fix }: Fault): string =>
  `${source}: ${problemText({ message: `the target "${name}" ${message}`, fix })}`;

const faultsOf = ({ to }: Target, region: string | null): readonly Fault[] => {
  switch (to.kind) {
    case 'run':
      return [
        {
          message: 'runs a command, and a Lambda has nothing to run',
          fix: 'Put it into a function and use post_service: aws-lambda',
        },
      ];
    case 'webhook':
      return [...urlFaults(to.url), ...keyFaults(to.apiKey), ...headerFaults(headerNames(to))];
    case 'eventbridge':
      return to.eventBus === null || EVENT_BUS.test(to.eventBus)
        ? []
        : [
            {
              message: `has event_bus "${to.eventBus}", which is neither a name nor an ARN`,
              fix: 'Write a name of letters, digits and . - _ /, or arn:aws:events:eu-west-1:123456789012:event-bus/ops',
            },
          ];
    case 'sns':
      return [
        ...regionFaults('topic_arn', to.topicArn.split(':')[3], region),
        ...(to.topicArn.endsWith('.fifo')
          ? [
              {
                message: 'is a FIFO topic, which EventBridge does not publish on',
                fix: 'Use a standard topic, or aws-sqs with a FIFO queue',
              },
            ]
          : []),
      ];
    case 'lambda':
      return regionFaults('function_arn', to.functionArn.split(':')[3], region);
    case 'sqs': {
      const queue = queueOf(to.queueUrl);
      return queue === null
        ? [
            {
              message: `has queue_url "${to.queueUrl}", which is not the URL of a queue`,
              fix: 'Write https://sqs.eu-west-1.amazonaws.com/123456789012/ops',
            },
          ]
        : regionFaults('queue_url', queue.region, region);
    }
    case 'cloudwatch':
    case 'recipients':
      return [];
    default:
      return to satisfies never;
  }
};

const EVENT_BUS =
  /^(?:[\w.\-/]{1,256}|arn:aws[a-z-]*:events:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:event-bus\/[\w.\-/]{1,256})$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
/** Those that an API destination's endpoint may be made of. */
const ENDPOINT = /^(?:%[0-9A-Fa-f]{2}|[-()_.!~';/?:@&=+$,A-Za-z0-9])+$/;

const urlFaults = (url: string): readonly Fault[] => {
  if (!url.startsWith('https://'))
    return [
      { message: `posts to ${url}, and EventBridge calls https only`, fix: 'Write an https:// address' },
    ];
  if (!ENDPOINT.test(url))
    return [
      {
        message: `posts to ${url}, and EventBridge takes only ASCII letters, digits and -()_.!~';/?:@&=+$, in an address`,
        fix: 'Write the others as %-escapes, and leave out what follows "#"',
      },
    ];
  return [];
};

const keyFaults = (apiKey: ApiKey | null): readonly Fault[] =>
  apiKey?.key.kind === 'value'
    ? [
        {
          message: 'has its key in param_value, and it would stand readable in the template',
          fix: 'Put the key into a secret and write its name in param_secret',
        },
      ]
    : [];

/** EventBridge takes them out of a request (EventBridge user guide: API destinations), most to set its own. */
const TAKEN = new Set([
  'a-im',
  'accept-charset',
  'accept-datetime',
  'accept-encoding',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'forwarded',
  'from',
  'host',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'max-forwards',
  'origin',
  'pragma',
  'proxy-authorization',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'warning',
]);

const headerNames = ({ headers, apiKey }: Webhook): readonly string[] =>
  apiKey?.in === 'header' ? [apiKey.name, ...Object.keys(headers)] : Object.keys(headers);

const headerFaults = (names: readonly string[]): readonly Fault[] =>
  names.flatMap((name): readonly Fault[] => {
    if (TAKEN.has(name.toLowerCase()))
      return [
        {
          message: `has the header "${name}", which EventBridge sets itself or leaves out`,
          fix: 'Remove it',
        },
      ];
    // The name is also part of a JSON path.
    if (!/^[\w-]+$/.test(name))
      return [
        {
          message: `has the header "${name}", which EventBridge cannot fill in`,
          fix: 'Use letters, digits, "-" and "_"',
        },
      ];
    return [];
  });

const regionFaults = (key: string, ofTarget: string | undefined, region: string | null): readonly Fault[] => {
  if (ofTarget === undefined || !REGION.test(ofTarget))
    return [
      {
        message: `has the region "${ofTarget}" in ${key}, and there is none such`,
        fix: 'Write one like eu-west-1',
      },
    ];
  if (region !== null && ofTarget !== region)
    return [
      {
        message: `is in ${ofTarget}, and this deployment is in ${region}: EventBridge delivers within a region`,
        fix: `Use one in ${region}, or an aws-eventbridge target with a bus in ${ofTarget}`,
      },
    ];
  return [];
};

const regionOf = ({ to }: Target): string | null => {
  switch (to.kind) {
    case 'sns':
      return to.topicArn.split(':')[3] ?? null;
    case 'lambda':
      return to.functionArn.split(':')[3] ?? null;
    case 'sqs':
      return queueOf(to.queueUrl)?.region ?? null;
    default:
      return null;
  }
};

/** Known without a region of the deployment: two of them cannot both be right. */
const regionClashes = (config: Config): readonly string[] => {
  const [first, ...others] = usedTargets(config).flatMap(target => {
    const region = regionOf(target);
    return region !== null && REGION.test(region) ? [{ target, region }] : [];
  });
  if (first === undefined) return [];
  return others
    .filter(({ region }) => region !== first.region)
    .map(({ target, region }) =>
      line(target, {
        message: `is in ${region}, and the target "${first.target.name}" (${first.target.source}) in ${first.region}: EventBridge delivers within a region`,
        fix: 'Use targets in one region, or an aws-eventbridge target with a bus in the other',
      }),
    );
};

/** CloudFormation resolves no more of them in a stack. */
const MOST_SECRETS = 60;
/** Of the 500 resources of a stack, what is left beside the monitor itself, its schedules and alarms. */
const MOST_RESOURCES = 300;

const resourcesOf = ({ to }: Channel): number =>
  to.kind === 'recipients' ? 3 + to.recipients.length : to.kind === 'webhook' ? 3 : 2;

/** The first channel that is one too many, with its place. */
const tooMany = (channels: readonly Channel[]): readonly string[] => {
  const faults: string[] = [];
  const keys = new Set<string>();
  let resources = 0;
  const report = ({ targets: [target] }: Channel, fault: Fault): void => {
    if (target !== undefined) faults.push(line(target, fault));
  };
  for (const channel of channels) {
    const before = { keys: keys.size, resources };
    if (isTo('webhook')(channel) && channel.to.apiKey !== null) keys.add(JSON.stringify(channel.to.apiKey));
    resources += resourcesOf(channel);
    if (keys.size === MOST_SECRETS + 1 && before.keys === MOST_SECRETS)
      report(channel, {
        message: `is the first with more than ${MOST_SECRETS} keys from secrets, which CloudFormation does not resolve in one stack`,
        fix: 'Let targets share keys, or make two deployments: -c stage and -c endpoints',
      });
    if (resources > MOST_RESOURCES && before.resources <= MOST_RESOURCES)
      report(channel, {
        message: `is the first that needs more than ${MOST_RESOURCES} resources of AWS for destinations, and a stack has 500 in all`,
        fix: 'Let endpoints share targets and recipients a topic, or make two deployments: -c stage and -c endpoints',
      });
  }
  return faults;
};
