import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { loadOf } from '../schedule/load.ts';
import { limitsOf, resources } from '../schedule/worker-size.ts';
import { billOf } from './bill.ts';
import { deploymentUsage } from './deployment-usage.ts';
import { endpointUsage, targetsOf } from './endpoint-usage.ts';
import { jobsetUsage } from './jobset-usage.ts';
import type { Plan } from './plan.ts';
import type { Usage } from './prices.ts';

export type EndpointCost = { readonly endpoint: Endpoint; readonly monthlyUsd: number };

const usd = (usage: Usage): number => billOf(usage, { freeTier: false }).totalUsd;

/** What each endpoint costs in a month, the dearest first: its own metrics and transitions, its share of its worker by
 *  what it takes up there, and an equal share of all else. At first prices: no free tiers, no discount for many. */
export const endpointCosts = (
  config: Config,
  { jobsets, memoryMb, endpoints }: Plan,
): readonly EndpointCost[] => {
  const worker = { memoryMb };
  const limits = limitsOf(worker);
  const targets = targetsOf(config);
  const taken = (endpoint: Endpoint): number =>
    Math.max(...resources.map(resource => loadOf(endpoint).needs[resource] / limits[resource]));
  const share = usd(deploymentUsage(config, jobsets)) / endpoints;
  return jobsets
    .flatMap(jobset => {
      const watched = watchedEndpoints(jobset.config);
      const sum = watched.reduce((total, endpoint) => total + taken(endpoint), 0);
      const jobsetUsd = usd(jobsetUsage(jobset, worker));
      return watched.map(endpoint => ({
        endpoint,
        monthlyUsd: share + (jobsetUsd * taken(endpoint)) / sum + usd(endpointUsage(endpoint, targets)),
      }));
    })
    .toSorted((a, b) => b.monthlyUsd - a.monthlyUsd);
};
