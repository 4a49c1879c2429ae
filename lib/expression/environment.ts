import { Environment } from '@marcbachmann/cel-js';
import type { Scheme } from '../domain/endpoint.ts';
import { successTestVariables } from '../domain/success-test.ts';
import { boundEvaluator } from './bounded-evaluator.ts';

/** One environment a scheme: they differ in the variables that expressions may name. */
const environments = new Map<Scheme, Environment>();

export const environmentOf = (scheme: Scheme): Environment => {
  const known = environments.get(scheme);
  if (known !== undefined) return known;
  const environment = new Environment();
  for (const [name, type] of Object.entries(successTestVariables[scheme]))
    environment.registerVariable(name, type);
  boundEvaluator(environment);
  environments.set(scheme, environment);
  return environment;
};
