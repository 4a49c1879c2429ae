import type { Endpoint } from '../../domain/endpoint.ts';
import type { RuleId } from '../../domain/rule.ts';

/** For each endpoint whose dependency closes a circle, the circle: without those there is none. Linear, and
 *  without recursion, for a chain may be as long as the list. */
export const cyclesIn = (
  endpoints: ReadonlyMap<string, Endpoint>,
): ReadonlyMap<RuleId, readonly RuleId[]> => {
  const cycles = new Map<RuleId, readonly RuleId[]>();
  const done = new Set<RuleId>();
  for (const endpoint of endpoints.values()) {
    if (endpoint.rule.dependsOn.length === 0) continue;
    const path: RuleId[] = [];
    const placeInPath = new Map<RuleId, number>();
    const stack: { readonly id: RuleId; next: number }[] = [];
    const enter = (id: RuleId) => {
      placeInPath.set(id, path.push(id) - 1);
      stack.push({ id, next: 0 });
    };
    if (!done.has(endpoint.id)) enter(endpoint.id);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const to = endpoints.get(top.id)?.rule.dependsOn[top.next++];
      if (to === undefined) {
        done.add(top.id);
        placeInPath.delete(top.id);
        path.pop();
        stack.pop();
        continue;
      }
      const from = placeInPath.get(to);
      if (from !== undefined) cycles.set(top.id, [...path.slice(from), to]);
      else if (endpoints.has(to) && !done.has(to)) enter(to);
    }
  }
  return cycles;
};
