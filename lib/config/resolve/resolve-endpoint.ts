import type { Endpoint, EndpointId, Scheme } from '../../domain/endpoint.ts';
import { SELF } from '../../domain/self.ts';
import type { Target } from '../../domain/target.ts';
import { type Draft, error, type Path } from '../problem/place.ts';
import { quoted } from '../problem/show.ts';
import { showMs } from '../schema/duration.ts';
import { type EndpointKeys, endpointSchema } from '../schema/endpoint-schema.ts';
import { keyInfo } from '../schema/key.ts';
import { inlineTargetShape } from '../schema/target-schema.ts';
import { interned } from '../yaml/interned.ts';
import { conflicts, type Definition } from './definition.ts';
import { toId } from './endpoint-id.ts';
import { endpointTargets } from './endpoint-targets.ts';
import { inherit } from './inherit.ts';
import { type Report, resolveCheck } from './resolve-check.ts';
import { resolveRule, resolveTimes } from './resolve-rule.ts';
import { resolveSuccessTests } from './resolve-success-test.ts';
import { inlineKeys } from './resolve-target.ts';

const LONGEST_NAME = 200;

type Resolved = {
  readonly endpoint: Endpoint;
  readonly targets: readonly Target[];
  readonly problems: readonly Draft[];
};

const schemesOfKey: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(endpointSchema.shape).flatMap(([key, schema]) => {
    const schemes = Object.hasOwn(inlineTargetShape, key) ? undefined : keyInfo(schema)?.for;
    return schemes === undefined ? [] : [[key, schemes] as const];
  }),
);

const misplaced = (own: EndpointKeys, scheme: Scheme, path: Path): readonly Draft[] =>
  Object.keys(own).flatMap(key => {
    const schemes = schemesOfKey.get(key);
    return schemes === undefined || schemes.includes(scheme)
      ? []
      : [
          error([...path, key], `${key} is for ${schemes.join(', ')}, not for ${scheme}`, 'Remove it', {
            onKey: true,
          }),
        ];
  });

const nameProblems = (name: string, id: EndpointId, path: Path): readonly Draft[] => {
  const wrong = (message: string, fix: string) => [error(path, message, fix, { onKey: true })];
  if (id === '') return wrong(`the name ${quoted(name)} has no letter a-z or digit`, 'Choose another name');
  if (id === SELF)
    return wrong(`the name ${quoted(name)} is the monitor's own`, 'Choose another name, or write self');
  if (name.length > LONGEST_NAME || /\p{Cc}/u.test(name))
    return wrong(
      `the name ${quoted(name)} is too long or holds a control character`,
      `Write at most ${LONGEST_NAME} characters`,
    );
  return [];
};

/** Defaults that reach `self`: only where to deliver. The rest is meant for what the user checks. */
const defaultsOfSelf = (defaults: EndpointKeys): EndpointKeys => ({
  ...inlineKeys(defaults),
  ...(defaults.targets && { targets: defaults.targets }),
});

export const resolveEndpoint = (definition: Definition): Resolved => {
  const { name, path, source, own } = definition;
  const isSelf = path[0] === SELF;
  const id = isSelf ? SELF : toId(name);
  const keys = inherit(isSelf ? defaultsOfSelf(definition.defaults) : definition.defaults, own);
  const problems: Draft[] = [];
  const report: Report = (key, message, fix) => {
    const isOwn = key !== null && own[key] !== undefined;
    problems.push(error(isOwn ? [...path, key] : path, message, fix, { onKey: !isOwn }));
  };

  const scheme: Scheme = isSelf ? 'self' : (keys.scheme ?? 'https');
  const { schedule, longestMs, timeoutMs, staleAfterMs } = resolveTimes(keys, isSelf);

  if (!isSelf) problems.push(...nameProblems(name, id, path));
  problems.push(...conflicts(own, path), ...misplaced(own, scheme, path));
  if (own.timezone !== undefined && keys.cron_schedule === undefined)
    report('timezone', 'timezone is for cron_schedule', 'Add cron_schedule, or remove timezone');
  if (own.test_arguments !== undefined && keys.test_shell !== undefined)
    report(
      'test_arguments',
      'test_arguments is for test, not for test_shell',
      'Write the arguments into the line',
    );
  if (staleAfterMs < longestMs)
    problems.push({
      severity: 'warning',
      path: own.stale_after === undefined ? path : [...path, 'stale_after'],
      onKey: own.stale_after === undefined,
      message: `stale_after is ${showMs(staleAfterMs)}, shorter than ${showMs(longestMs)} between two checks: the state will often be unknown`,
      fix: `Write ${showMs(longestMs)} or more`,
    });
  const check = scheme === 'self' ? { scheme } : resolveCheck(name, scheme, keys, timeoutMs, report);
  const { tests, problems: testProblems } = resolveSuccessTests(definition, keys, scheme);
  const { targets, names, problems: targetsProblems } = endpointTargets(definition, keys, id);

  return {
    endpoint: {
      id,
      name,
      source,
      status: keys.status ?? 'enabled',
      schedule: interned(schedule),
      startDelayMs: keys.start_delay ?? 0,
      timeoutMs,
      runs: keys.runs ?? 0,
      check,
      jsonValues: interned(keys.response_json_values ?? []),
      successTests: interned(tests),
      rule: resolveRule(id, name, keys, own, staleAfterMs),
      targets: interned(names),
    },
    targets,
    problems: [...problems, ...testProblems, ...targetsProblems],
  };
};

/** There even where no file has a `self`. */
export const builtInSelf = resolveEndpoint({
  name: SELF,
  path: [SELF],
  source: 'built in',
  own: {},
  defaults: {},
}).endpoint;
