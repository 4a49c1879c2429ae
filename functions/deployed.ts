import { readFileSync } from 'node:fs';
import type { Deployment, Jobset } from '../lib/domain/jobset.ts';
import type { Target } from '../lib/domain/target.ts';

/** What was compiled at synth and lies beside the code. */
export type Deployed = {
  readonly deployment: Deployment;
  /** null: the deployment has no such jobset. */
  readonly jobset: (id: string) => Jobset | null;
  /** Finds a target among all, whichever jobset names it. */
  readonly target: (name: string) => Target | undefined;
};

export const readDeployed = (folder: URL): Deployed => {
  const read = <Content>(file: string): Content =>
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Content;
  const deployment = read<Deployment>('deployment.json');
  const known = new Map<string, Jobset>();
  let targets: ReadonlyMap<string, Target> | null = null;

  return {
    deployment,
    jobset: id => {
      if (!deployment.jobsets.some(jobset => jobset.id === id)) return null;
      const jobset = known.get(id) ?? read<Jobset>(`jobsets/${id}.json`);
      known.set(id, jobset);
      return jobset;
    },
    target: name => {
      targets ??= new Map(read<readonly Target[]>('targets.json').map(target => [target.name, target]));
      return targets.get(name);
    },
  };
};
