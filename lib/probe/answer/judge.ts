import type { Endpoint, Scheme } from '../../domain/endpoint.ts';
import type { Json } from '../../domain/json.ts';
import type { ProbeResult } from '../../domain/result.ts';
import { budget } from '../../expression/budget.ts';
import { type Answer, type Answered, bug, type Failure, type Measures } from './answer.ts';
import { bounded, pathKeys, valueAt } from './json-path.ts';
import { prepareTest, type RunTest, testText } from './success-tests.ts';

/** Result of one success test on one answer. */
export type TestResult = { readonly test: string; readonly passed: boolean; readonly error: string | null };

/** What an endpoint wants of its answers. */
export type Wanted = {
  readonly paths: readonly Path[];
  readonly tests: readonly RunTest[];
  /** What the tests may take of the event loop, on one answer. */
  readonly limitMs: number;
};

const MOST_MS = 50;
/** Where the interval is short, tests may take this part of it. */
const PART_OF_INTERVAL = 0.2;

const limitOf = ({ schedule }: Endpoint): number => {
  const everyMs = schedule.kind === 'interval' ? schedule.everyMs : Number.POSITIVE_INFINITY;
  return Math.min(MOST_MS, PART_OF_INTERVAL * Math.min(everyMs, schedule.failEveryMs ?? everyMs));
};

type Values = ProbeResult['values'];
type Path = { readonly path: string; readonly keys: readonly string[] };

/** Endpoints that are alike share their lists, and so what is made of them: the engine holds 100,000. */
const pathsOf = new WeakMap<Endpoint['jsonValues'], readonly Path[]>();
const testsOf = new WeakMap<Endpoint['successTests'], Map<Scheme, readonly RunTest[]>>();

const preparePaths = ({ jsonValues }: Endpoint): readonly Path[] => {
  const known = pathsOf.get(jsonValues);
  if (known !== undefined) return known;
  const paths = jsonValues.map(path => ({ path, keys: pathKeys(path) }));
  pathsOf.set(jsonValues, paths);
  return paths;
};

const prepareTests = ({ check: { scheme }, successTests }: Endpoint): readonly RunTest[] => {
  const ofSchemes = testsOf.get(successTests) ?? new Map<Scheme, readonly RunTest[]>();
  const known = ofSchemes.get(scheme);
  if (known !== undefined) return known;
  const tests = successTests.map(test => prepareTest(scheme, test));
  testsOf.set(successTests, ofSchemes.set(scheme, tests));
  return tests;
};

const noValues: Values = {};

const extract = (paths: Wanted['paths'], answer: Answered): Values => {
  if (paths.length === 0) return noValues;
  const parsed = answer.json();
  if (parsed.kind === 'none') return noValues;
  const values: { [path: string]: Json } = {};
  for (const { path, keys } of paths) {
    const value = valueAt(parsed.value, keys);
    if (value !== undefined) values[path] = bounded(value);
  }
  return values;
};

const firstFailure = ({ tests, limitMs }: Wanted, answer: Answered): Failure | null => {
  budget.begin(limitMs);
  for (const test of tests) {
    const error = test(answer);
    if (error !== null) return { reason: 'test', error };
  }
  return null;
};

/** Field by field: two spreads take 90 ns more, at each check. */
const resultOf = (measures: Measures, failure: Failure | null, values: Values): ProbeResult => {
  const { latencyMs, phases, statusCode, exitCode, certDaysLeft, retries } = measures;
  return {
    ok: failure === null,
    reason: failure === null ? null : failure.reason,
    error: failure === null ? null : failure.error,
    latencyMs,
    phases,
    statusCode,
    exitCode,
    certDaysLeft,
    retries,
    values,
  } as ProbeResult;
};

/** Success tests take the place of the scheme's own criterion: with one, a 503 can be a success. */
const judged = (wanted: Wanted, answer: Answer): ProbeResult => {
  if (answer.kind === 'failed') return resultOf(answer.measures, answer.failure, noValues);
  const failure = wanted.tests.length === 0 ? answer.shortfall : firstFailure(wanted, answer);
  return resultOf(answer.measures, failure, extract(wanted.paths, answer));
};

export const wantedOf = (endpoint: Endpoint): Wanted => ({
  paths: preparePaths(endpoint),
  tests: prepareTests(endpoint),
  limitMs: limitOf(endpoint),
});

/** Never throws: an answer that cannot be judged is a bug of ours, and so the check's result. */
export const judge = (wanted: Wanted, answer: Answer): ProbeResult => {
  try {
    return judged(wanted, answer);
  } catch (error) {
    return judged(wanted, bug(error));
  }
};

/** Every success test with its result, for a person: a check stops at the first that fails. */
export const testResults = (endpoint: Endpoint, answer: Answer): readonly TestResult[] => {
  const tests = prepareTests(endpoint);
  return endpoint.successTests.map((test, index) => {
    budget.begin(limitOf(endpoint));
    const error =
      answer.kind === 'failed' ? 'not evaluated: there is no answer' : (tests[index]?.(answer) ?? null);
    return { test: testText(test), passed: error === null, error };
  });
};
