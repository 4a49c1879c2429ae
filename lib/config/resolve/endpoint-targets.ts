import type { EndpointId } from '../../domain/endpoint.ts';
import { SELF } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import type { TargetName } from '../../domain/target-name.ts';
import { selfValues } from '../../domain/vitals.ts';
import { type Draft, error } from '../problem/place.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { conflicts, type Definition } from './definition.ts';
import { hasDestination, inlineKeys, resolveTarget, targetProblems } from './resolve-target.ts';
import { templateProblems } from './templates.ts';

/** The target whose keys stand straight on the endpoint, then those of its list. */
export const endpointTargets = ({ own, path, source }: Definition, keys: EndpointKeys, id: EndpointId) => {
  const problems: Draft[] = [];
  const targets: Target[] = [];
  const names: TargetName[] = [];
  const values = new Set(id === SELF ? selfValues : keys.response_json_values);
  const add = (target: Target | null) => {
    if (target === null) return;
    targets.push(target);
    names.push(target.name);
  };
  const nextName = () => `${id}/${targets.length + 1}`;
  const straight = inlineKeys(keys);
  const ownStraight = inlineKeys(own);
  problems.push(...targetProblems(ownStraight, straight, path));
  problems.push(...templateProblems(ownStraight, path, name => values.has(name), values));
  add(resolveTarget(nextName(), source, straight));
  for (const [index, item] of (keys.targets ?? []).entries()) {
    if (typeof item === 'string') {
      names.push(item as TargetName);
      continue;
    }
    const at = [...path, 'targets', index];
    if (own.targets !== undefined) {
      problems.push(...conflicts(item, at), ...targetProblems(item, item, at));
      problems.push(...templateProblems(item, at, name => values.has(name), values));
      if (!hasDestination(item))
        problems.push(
          error(at, 'this target has no destination', 'Add post_endpoint, post_service, recipients or run'),
        );
    }
    add(resolveTarget(nextName(), source, item));
  }
  return { targets, names: [...new Set(names)], problems };
};
