import { type Channel, channelsOf, usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import { secretUses } from '../domain/secret-uses.ts';
import { alarmTopicChannels } from './alarm-topics.ts';
import { type Fault, ofTarget } from './fault.ts';
import { endpointAlarms, type PlanProblem } from './problems.ts';

/** CloudFormation resolves no more of them in a stack. */
const MOST_KEYS = 60;
/** Resources of a stack. */
const MOST_RESOURCES = 500;
/** The monitor without its schedules, channels and alarms on endpoints, with some to spare: measured 31, 33
 *  in a VPC, and the policies that a long list of secrets overflows into. */
const OWN_RESOURCES = 50;
/** More alarms on endpoints get stacks of their own. */
export const MOST_ALARMS_IN_MONITOR_STACK = 100;
/** An alarm has so many actions for each state. */
const MOST_ALARM_TOPICS = 5;
/** A statement of a policy names them all, and the dashboard has three widgets for each namespace. */
const MOST_LISTED = 50;
/** A statement is not divided among policies, and a policy has 6,144 characters. */
const MOST_CHARACTERS = 5500;
/** `arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/` */
const ARN_CHARACTERS = 60;
/** At 150 characters each they take half of the ten policies that a role may have. */
const MOST_SECRETS_OF_CHECKS = 200;

const APART = 'make two deployments: -c stage and -c endpoints';

/** What one deployment has no room for, with the place of the first that is one too many. */
export const stackProblems = (
  config: Config,
  given: { readonly alarmTopicArn: string | null; readonly jobsets: number },
): readonly PlanProblem[] => [
  ...tooManyKeys(config),
  ...tooManyResources(config, given.jobsets),
  ...tooManyAlarmTopics(config, given.alarmTopicArn),
  ...tooManyListed(config),
  ...tooManySecrets(config),
];

const atFirst = ({ targets: [target] }: Channel, fault: Fault): readonly PlanProblem[] =>
  target === undefined ? [] : [ofTarget(target, fault)];

const keyOf = ({ to }: Channel): string | null =>
  to.kind === 'webhook' && to.apiKey !== null ? JSON.stringify(to.apiKey) : null;

const tooManyKeys = (config: Config): readonly PlanProblem[] => {
  const keys = new Set<string>();
  for (const channel of channelsOf(config)) {
    const key = keyOf(channel);
    if (key !== null && keys.add(key).size > MOST_KEYS)
      return atFirst(channel, {
        message: `is the first with more than ${MOST_KEYS} keys from secrets, which CloudFormation does not resolve in one stack`,
        fix: `Let targets share keys, or ${APART}`,
      });
  }
  return [];
};

/** The connection, which webhooks with the same key share, is not counted. */
const resourcesOf = ({ to }: Channel): number => {
  switch (to.kind) {
    case 'recipients':
      return 3 + new Set(to.recipients).size;
    case 'webhook':
    case 'lambda':
      return 2;
    default:
      return 1;
  }
};

const tooManyResources = (config: Config, jobsets: number): readonly PlanProblem[] => {
  const alarms = endpointAlarms(config);
  const inStack = alarms > MOST_ALARMS_IN_MONITOR_STACK ? 0 : alarms;
  const most = MOST_RESOURCES - OWN_RESOURCES - jobsets - inStack;
  if (most < 0)
    return [
      {
        source: null,
        message: `${jobsets} jobsets and ${inStack} alarms on endpoints need more than the ${MOST_RESOURCES - OWN_RESOURCES} resources of AWS that a stack has for them`,
        fix: `Check less often, or ${APART}`,
      },
    ];
  const keys = new Set<string>();
  let resources = 0;
  for (const channel of channelsOf(config)) {
    const known = keys.size;
    if (channel.to.kind === 'webhook') keys.add(keyOf(channel) ?? '');
    resources += resourcesOf(channel) + keys.size - known;
    if (resources > most)
      return atFirst(channel, {
        message: `is the first that needs more than ${most} resources of AWS for destinations: a stack has ${MOST_RESOURCES}, of which ${jobsets} are schedules and ${inStack} alarms on endpoints`,
        fix: `Let endpoints share targets and recipients a topic, or ${APART}`,
      });
  }
  return [];
};

const tooManyAlarmTopics = (config: Config, alarmTopicArn: string | null): readonly PlanProblem[] => {
  const topics = new Set(alarmTopicArn === null ? [] : [alarmTopicArn]);
  for (const channel of alarmTopicChannels(config))
    if (topics.add(channel.to.kind === 'sns' ? channel.to.topicArn : channel.id).size > MOST_ALARM_TOPICS)
      return atFirst(channel, {
        message: `is the first with more than ${MOST_ALARM_TOPICS} topics that hear of the monitor's alarms: topics and recipients of self, and alarmTopicArn`,
        fix: 'Name fewer of them at self, or put recipients together into one target',
      });
  return [];
};

/** A policy's list of them, and the first target whose entry does not go in any more. */
const tooManyListed = (config: Config): readonly PlanProblem[] => {
  const lists = [
    {
      what: 'metric namespaces',
      fix: 'Let targets share a metric_namespace',
      seen: new Map<string, number>(),
    },
    { what: 'event buses', fix: 'Let targets share an event_bus', seen: new Map<string, number>() },
  ] as const;
  const [namespaces, buses] = lists;
  const problems = new Map<string, PlanProblem>();
  for (const target of usedTargets(config)) {
    const { to } = target;
    if (to.kind === 'cloudwatch') namespaces.seen.set(to.namespace, to.namespace.length);
    else if (to.kind === 'eventbridge' && to.eventBus !== null)
      buses.seen.set(to.eventBus, to.eventBus.length + (to.eventBus.startsWith('arn:') ? 0 : ARN_CHARACTERS));
    for (const { what, fix, seen } of lists) {
      // Quotes and a comma.
      const characters = [...seen.values()].reduce((sum, length) => sum + length + 3, 0);
      if (problems.has(what) || (seen.size <= MOST_LISTED && characters <= MOST_CHARACTERS)) continue;
      const message = `is the first with more ${what} than a policy of IAM is given here: ${MOST_LISTED}, and ${MOST_CHARACTERS.toLocaleString('en-US')} characters`;
      problems.set(what, ofTarget(target, { message, fix: `${fix}, or ${APART}` }));
    }
  }
  return [...problems.values()];
};

const tooManySecrets = ({ endpoints }: Config): readonly PlanProblem[] => {
  const secrets = new Set<string>();
  for (const endpoint of endpoints)
    for (const { secret } of secretUses({ targets: [], endpoints: [endpoint] }))
      if (secrets.add(secret).size > MOST_SECRETS_OF_CHECKS)
        return [
          {
            source: endpoint.source,
            message: `"${endpoint.name}" is the first with more than ${MOST_SECRETS_OF_CHECKS} secrets of checks, which the policies of a role do not hold`,
            fix: `Let endpoints share secrets, or ${APART}`,
          },
        ];
  return [];
};
