import type { Clock } from '../domain/clock.ts';
import type { Outcome } from '../engine/ports/send.ts';

/** Also for finding credentials, which no SDK time-out covers. */
const TIMEOUT_MS = 10_000;
const MAX_MESSAGE_LENGTH = 300;

/** The message itself is at fault: sent again it would end the same. */
const REFUSALS: ReadonlySet<string> = new Set([
  'BatchRequestTooLong',
  'InvalidArgument',
  'InvalidMessageContents',
  'InvalidParameter',
  'InvalidParameterCombination',
  'InvalidParameterCombinationException',
  'InvalidParameterException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'InvalidRequestContentException',
  'MalformedDetail',
  'MissingParameter',
  'MissingRequiredParameterException',
  'RequestEntityTooLargeException',
  'RequestTooLargeException',
  'SerializationException',
  'ValidationError',
  'ValidationException',
]);

const DENIALS = /^(AccessDenied|AuthorizationError|UnauthorizedOperation|NotAuthorized)/;

const hintFor = (name: string, message: string): string => {
  if (DENIALS.test(name)) return ' (allow this to the role or user that the monitor runs as)';
  if (name === 'CredentialsProviderError')
    return ' (set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)';
  return message.startsWith('Region is missing') ? ' (set AWS_REGION)' : '';
};

/** What a service's error means. Only the first line is told: a signature error goes on with the request's
 *  headers, among them a session token. */
export const outcomeOfError = (service: string, name: string, message: string): Outcome => {
  const [firstLine = ''] = message.split('\n', 1);
  const what = name === 'Error' ? service : `${service}: ${name}`;
  const error = `${what}: ${firstLine.slice(0, MAX_MESSAGE_LENGTH)}${hintFor(name, message)}`;
  return REFUSALS.has(name) ? { kind: 'refused', error } : { kind: 'failed', error, afterMs: null };
};

/** A connection that was tried at several addresses fails with an error for each and no message of its own. */
const nameAndMessage = (error: unknown): readonly [name: string, message: string] => {
  const { name = 'Error', message, errors } = error as Partial<AggregateError>;
  return !message && errors?.length ? nameAndMessage(errors[0]) : [name, message ?? ''];
};

const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });

/** One call of a service as an outcome: never rejects, and ends in time. */
export const attempt = async (
  clock: Clock,
  service: string,
  signal: AbortSignal,
  call: (abortSignal: AbortSignal) => Promise<Outcome>,
  timeoutMs = TIMEOUT_MS,
): Promise<Outcome> => {
  const timeout = new AbortController();
  const cancelTimeout = clock.after(timeoutMs, () => timeout.abort());
  const abortSignal = AbortSignal.any([signal, timeout.signal]);
  try {
    return await Promise.race([call(abortSignal), whenAborted(abortSignal)]);
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', error: `stopped before ${service} answered`, afterMs: null };
    if (timeout.signal.aborted)
      return {
        kind: 'failed',
        error: `${service} did not answer within ${timeoutMs / 1000} s`,
        afterMs: null,
      };
    return outcomeOfError(service, ...nameAndMessage(error));
  } finally {
    cancelTimeout();
  }
};
