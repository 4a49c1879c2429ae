import { STATUS_CODES } from 'node:http';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../../domain/clock.ts';
import type { RenderedAs } from '../../domain/rendered.ts';
import type { ReadSecret } from '../../domain/secrets.ts';
import type { Outcome } from '../../engine/ports.ts';
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

const single = (header: string | readonly string[] | undefined): string =>
  (typeof header === 'string' ? header : header?.[0]) ?? '';

const retryAfterMs = (header: string, nowMs: number): number | null => {
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
};

/** Of a redirect only the origin is told: a receiver may echo the key in the rest. */
const hintFor = (status: number, location: string, url: URL): string => {
  if (status >= 300 && status < 400) {
    const origin = URL.parse(location, url.href)?.origin;
    return `, a redirect${origin === undefined ? '' : ` to ${origin}`}. Set post_endpoint to the final address`;
  }
  if (status === 401 || status === 403) return '. Check its API key';
  if (REFUSALS.has(status)) return `. Check the target's method, headers and post_json_info`;
  return '';
};

const outcomeOf = ({ statusCode, headers }: Dispatcher.ResponseData, url: URL, nowMs: number): Outcome => {
  if (statusCode >= 200 && statusCode < 300) return accepted;
  const answer = `${url.host} answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd();
  const error = answer + hintFor(statusCode, single(headers.location), url);
  return REFUSALS.has(statusCode)
    ? refused(error)
    : failed(error, retryAfterMs(single(headers['retry-after']), nowMs));
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

/** Errors name the host alone: a path or a query may hold a key. */
export const webhookSender = ({ readSecret, clock }: WebhookDeps): Sender<'webhook'> => {
  const dispatcher = new Agent({ connections: MAX_CONNECTIONS, connect: { timeout: TIMEOUT_MS } });

  const post = async (
    { method, body }: RenderedAs<'webhook'>,
    { url, headers }: Pick<RenderedAs<'webhook'>, 'url' | 'headers'>,
    signal: AbortSignal,
  ) => {
    const response = await request(url, {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: inUtf8(headers),
      body: body === null ? null : JSON.stringify(body),
      signal,
    });
    // The status decides, whatever becomes of the rest.
    await response.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => {});
    return response;
  };

  return async ({ to: { apiKey }, rendered }, signal) => {
    const addressed = withApiKey(readSecret, rendered, apiKey);
    if (addressed.kind === 'missing') return failed(missingSecret(addressed.secret));
    const url = new URL(rendered.url);
    const timeout = new AbortController();
    const cancelTimeout = clock.after(TIMEOUT_MS, () => timeout.abort());
    try {
      const response = await post(rendered, addressed, AbortSignal.any([signal, timeout.signal]));
      return outcomeOf(response, url, clock.nowMs());
    } catch (error) {
      if (signal.aborted) return failed(`stopped before ${url.host} answered`);
      if (timeout.signal.aborted) return failed(`${url.host} did not answer within ${TIMEOUT_MS / 1000} s`);
      return failed(`${url.host} was not reached: ${messageOf(error)}`);
    } finally {
      cancelTimeout();
    }
  };
};
