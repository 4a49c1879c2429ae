import { usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import type { Target } from '../domain/target.ts';
import { type Fault, ofTarget } from './fault.ts';
import type { PlanProblem } from './problems.ts';
import { queueOf } from './queue-arn.ts';

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** `region`: of the deployment, where it is known. */
export const regionFaults = (
  key: string,
  named: string | undefined,
  region: string | null,
): readonly Fault[] => {
  if (named === undefined || !REGION.test(named))
    return [
      {
        message: `has the region "${named}" in ${key}, and there is none such`,
        fix: 'Write one like eu-west-1',
      },
    ];
  if (region !== null && named !== region)
    return [
      {
        message: `is in ${named}, and this deployment is in ${region}: EventBridge delivers within a region`,
        fix: `Use one in ${region}, or an aws-eventbridge target with a bus in ${named}`,
      },
    ];
  return [];
};

/** China and GovCloud have ARNs of their own. */
export const partitionFaults = (key: string, arn: string): readonly Fault[] => {
  const [, partition, , region = ''] = arn.split(':');
  const expected = partitionOf(region);
  return partition === expected || !REGION.test(region)
    ? []
    : [
        {
          message: `has ${key} ${arn}, and ARNs in ${region} begin with arn:${expected}`,
          fix: `Write arn:${expected}: at its beginning, or another region`,
        },
      ];
};

export const arnFaults = (key: string, arn: string, region: string | null): readonly Fault[] => [
  ...partitionFaults(key, arn),
  ...regionFaults(key, arn.split(':')[3], region),
];

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

type Placed = { readonly target: Target; readonly region: string };

const placedTargets = (config: Config): readonly Placed[] =>
  usedTargets(config).flatMap(target => {
    const region = regionOf(target);
    return region !== null && REGION.test(region) ? [{ target, region }] : [];
  });

/** Known without a region of the deployment: two of them cannot both be right. */
export const regionClashes = (config: Config): readonly PlanProblem[] => {
  const [first, ...others] = placedTargets(config);
  if (first === undefined) return [];
  return others
    .filter(({ region }) => region !== first.region)
    .map(({ target, region }) =>
      ofTarget(target, {
        message: `is in ${region}, and the target "${first.target.name}" (${first.target.source}) in ${first.region}: EventBridge delivers within a region`,
        fix: 'Use targets in one region, or an aws-eventbridge target with a bus in the other',
      }),
    );
};

/** The topic that is given to a deployment: an alarm tells topics of its own region only. */
export const alarmTopicProblems = (
  config: Config,
  alarmTopicArn: string | null,
  region: string | null,
): readonly PlanProblem[] => {
  if (alarmTopicArn === null) return [];
  const source = `-c alarmTopicArn=${alarmTopicArn}`;
  const ofTopic = alarmTopicArn.split(':')[3] ?? '';
  const [first] = placedTargets(config);
  const faults = arnFaults('alarmTopicArn', alarmTopicArn, null);
  if (faults.length > 0)
    return faults.map(({ message, fix }) => ({ source, message: `the topic ${message}`, fix }));
  const other =
    region !== null && region !== ofTopic
      ? { place: `this deployment is in ${region}`, region }
      : first !== undefined && first.region !== ofTopic
        ? {
            place: `the target "${first.target.name}" (${first.target.source}) in ${first.region}`,
            region: first.region,
          }
        : null;
  return other === null
    ? []
    : [
        {
          source,
          message: `the topic is in ${ofTopic}, and ${other.place}: an alarm tells topics of its own region`,
          fix: `Use one in ${other.region}`,
        },
      ];
};
