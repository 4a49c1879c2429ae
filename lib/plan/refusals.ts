import { usedTargets } from '../domain/channel-list.ts';
import type { Config } from '../domain/config.ts';
import { ofTarget } from './fault.ts';
import type { PlanProblem } from './problems.ts';
import { alarmTopicProblems, regionClashes } from './region-faults.ts';
import { stackProblems } from './stack-limits.ts';
import { targetFaults } from './target-faults.ts';

/** What a deployment is made for. */
export type Place = {
  /** null: not known. */
  readonly region: string | null;
  /** Hears of the monitor's alarms, beside the targets of `self`. */
  readonly alarmTopicArn: string | null;
};

/** What a file may say and one machine can do, but AWS or CloudFormation would turn away in the middle of a
 *  deployment. */
export const refusals = (
  config: Config,
  { region, alarmTopicArn, jobsets }: Place & { readonly jobsets: number },
): readonly PlanProblem[] => [
  ...usedTargets(config).flatMap(target =>
    targetFaults(target, region).map(fault => ofTarget(target, fault)),
  ),
  ...regionClashes(config),
  ...alarmTopicProblems(config, alarmTopicArn, region),
  ...stackProblems(config, { alarmTopicArn, jobsets }),
];
