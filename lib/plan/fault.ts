import type { Target } from '../domain/target.ts';
import type { PlanProblem } from './problems.ts';

/** What is wrong with a target, without its name and place. */
export type Fault = Pick<PlanProblem, 'message' | 'fix'>;

export const ofTarget = ({ source, name }: Target, { message, fix }: Fault): PlanProblem => ({
  source,
  message: `the target "${name}" ${message}`,
  fix,
});
