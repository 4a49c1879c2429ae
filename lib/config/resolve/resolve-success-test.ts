import type { Scheme, SuccessTest } from '../../domain/endpoint.ts';
import { successTestVariables } from '../../domain/success-test.ts';
import { type Draft, error } from '../problem/place.ts';
import type { EndpointKeys } from '../schema/endpoint-schema.ts';
import { checkExpression } from '../schema/success-test.ts';
import type { Definition } from './definition.ts';

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T];

type WrittenTest = Exclude<NonNullable<EndpointKeys['success_test']>, readonly unknown[]>;

export const resolveSuccessTests = (
  { own, path }: Definition,
  keys: EndpointKeys,
  scheme: Scheme,
): { readonly tests: readonly SuccessTest[]; readonly problems: readonly Draft[] } => {
  const problems: Draft[] = [];
  const isOwn = own.success_test !== undefined;
  const tests = list<WrittenTest>(keys.success_test).map((test, index): SuccessTest => {
    const at = !isOwn ? path : [...path, 'success_test', ...(Array.isArray(own.success_test) ? [index] : [])];
    const name = isOwn ? 'success_test' : 'success_test (from the defaults)';
    if (typeof test !== 'string') {
      if (!Object.hasOwn(successTestVariables[scheme], 'json'))
        problems.push(
          error(
            at,
            `${name} looks for a JSON value, which ${scheme} does not have`,
            'Write a CEL expression',
            { onKey: !isOwn },
          ),
        );
      return { kind: 'equals', key: test.key, value: test.value };
    }
    const checked = checkExpression(scheme, test);
    if (checked.kind === 'invalid')
      problems.push(
        error(
          at,
          `${name}: ${checked.message}`,
          checked.fix,
          isOwn ? { skip: checked.skip } : { onKey: true },
        ),
      );
    return { kind: 'cel', expression: test };
  });
  return { tests, problems };
};
