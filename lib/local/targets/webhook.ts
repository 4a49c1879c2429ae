import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../../domain/clock.ts';
import type { ReadSecret } from '../../domain/secrets.ts';
import type { Outcome } from '../../engine/ports/send.ts';
import { missingSecret } from '../secrets.ts';
import { withApiKey } from './api-key.ts';
import { accepted, failed, refused, type Sender } from './sender.ts';

export type WebhookDeps = { readonly readSecret: ReadSecret; readonly clock: Clock };

/** An EventBridge API destination waits as long. */
const TIMEOUT_MS = 5000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** To one origin: more deliveries wait, within their 5 s. */
const MAX_CONNECTIONS = 128;

/** The message itself is at fault: sent again it would end the same. */
const REFUSALS: ReadonlySet<number> = new Set([400, 405, 413, 414, 415, 422]);

/** A header that came twice is a list, whatever its type says. */
const first = (header: string | readonly string[] | undefined): string =>
  (typeof header === 'string' ? header : header?.[0]) ?? '';

const retryAfterMs = (header: string, nowMs: number): number | null => {
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
};

/** Origin of a redirect, which alone is told: a receiver may echo the key in the rest. */
const hintFor = (status: number, location: string, url: URL): string => {
  if (status >= 300 && status < 400) {
    const origin = URL.parse(location, url.href)?.origin;
    return `, a redirect${origin === undefined ? '' : ` to ${origin}`}. Set post_endpoint to the final address`;
  }
  if (status === 401 || status === 403) return '. Check its API key';
  if (REFUSALS.has(status)) return `. Check the target's method, headers and post_json_info`;
  return '';
};

type Answer = { readonly statusCode: number; readonly headers: IncomingHttpHeaders };

const outcomeOf = ({ statusCode, headers }: Answer, url: URL, nowMs: number): Outcome => {
  if (statusCode >= 200 && statusCode < 300) return accepted;
  const answer = `${url.host} answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd();
  const error = answer + hintFor(statusCode, first(headers.location), url);
  return REFUSALS.has(statusCode)
    ? refused(error)
    : failed(error, retryAfterMs(first(headers['retry-after']), nowMs));
};

/** Node writes headers as latin1: this way the receiver gets the UTF-8 bytes of a name such as `Köln`. */
const inUtf8 = (headers: { readonly [name: string]: string }) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );

/** A connection that was tried at several addresses fails with an error for each and no message of its own. */
const messageOf = (error: unknown): string => {
  const { message, errors } = error as Partial<AggregateError>;
  return message || (errors?.length ? messageOf(errors[0]) : String(error));
};

const STOPPED = new Error('stopped');
const TIMED_OUT = new Error('timed out');
const ENOUGH = new Error('the rest is not wanted');

/** undici's `request` makes a stream of each answer: 30 of its 64 µs, of which a storm of 10,000 has none to spare.
 *  Rejects with `STOPPED`, `TIMED_OUT` or why the receiver was not reached; once there is a status, that decides, whatever
 *  becomes of the rest. */
const exchange = (
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let request: Dispatcher.DispatchController | null = null;
    let answer: Answer | null = null;
    let over: Error | null = null;
    let bodyBytes = 0;
    const settle = (error: Error): void => {
      cancelTimeout();
      signal.removeEventListener('abort', onStop);
      if (answer === null) reject(error);
      else resolve(answer);
    };
    const end = (why: Error): void => {
      over = why;
      request?.abort(why);
      settle(why);
    };
    const onStop = (): void => end(STOPPED);
    const cancelTimeout = clock.after(TIMEOUT_MS, () => end(TIMED_OUT));
    signal.addEventListener('abort', onStop);
    if (signal.aborted) return onStop();
    dispatcher.dispatch(options, {
      // It may have waited for a connection until now.
      onRequestStart: started => {
        request = started;
        if (over !== null) started.abort(over);
      },
      onResponseStart: (_, statusCode, headers) => {
        if (statusCode >= 200) answer = { statusCode, headers };
      },
      onResponseData: (_, chunk) => {
        bodyBytes += chunk.length;
        if (bodyBytes > MAX_ANSWER_BYTES) end(ENOUGH);
      },
      onResponseEnd: () => settle(ENOUGH),
      onResponseError: (_, error) => settle(error),
    });
  });

/** Errors name the host alone: a path or a query may hold a key. */
export const webhookSender = ({ readSecret, clock }: WebhookDeps): Sender<'webhook'> => {
  const dispatcher = new Agent({ connections: MAX_CONNECTIONS, connect: { timeout: TIMEOUT_MS } });

  return async ({ to: { apiKey }, rendered }, signal) => {
    const addressed = withApiKey(readSecret, rendered, apiKey);
    if (addressed.kind === 'missing') return failed(missingSecret(addressed.secret));
    const { method, body } = rendered;
    const url = new URL(rendered.url);
    try {
      const { origin, pathname, search } = addressed.url === rendered.url ? url : new URL(addressed.url);
      const options = {
        origin,
        path: pathname + search,
        method: method as Dispatcher.HttpMethod,
        headers: inUtf8(addressed.headers),
        body: body === null ? null : JSON.stringify(body),
      };
      return outcomeOf(await exchange(dispatcher, options, clock, signal), url, clock.nowMs());
    } catch (error) {
      if (error === STOPPED) return failed(`stopped before ${url.host} answered`);
      if (error === TIMED_OUT) return failed(`${url.host} did not answer within ${TIMEOUT_MS / 1000} s`);
      return failed(`${url.host} was not reached: ${messageOf(error)}`);
    }
  };
};
