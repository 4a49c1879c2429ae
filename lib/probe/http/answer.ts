import { STATUS_CODES } from 'node:http';
import { type Answer, type Answered, type Failure, failed, type Measures } from '../answer/answer.ts';
import { jsonOrNone } from '../answer/parse-json.ts';
import { type Body, bodyJson, bodyText, decodeBody } from './body.ts';
import type { HttpResponse } from './exchange.ts';
import { headerMap } from './headers.ts';

const statusShortfall = (statusCode: number): Failure | null =>
  statusCode >= 200 && statusCode < 400
    ? null
    : { reason: 'status', error: `status ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() };

const answered = ({ statusCode, fields }: HttpResponse, body: Body, measures: Measures): Answered => {
  const { latencyMs, phases, certDaysLeft } = measures;
  return {
    kind: 'answered',
    measures,
    shortfall: statusShortfall(statusCode),
    json: () => bodyJson(body),
    variables: names => ({
      status_code: BigInt(statusCode),
      latency_ms: latencyMs,
      // A phase that did not happen, on a kept connection, took no time.
      dns_ms: phases.dnsMs ?? 0,
      connect_ms: phases.connectMs ?? 0,
      tls_ms: phases.tlsMs ?? 0,
      ttfb_ms: phases.ttfbMs ?? 0,
      cert_days_left: certDaysLeft ?? undefined,
      headers: names.includes('headers') ? headerMap(fields) : undefined,
      body: names.includes('body') ? bodyText(body) : undefined,
      json: names.includes('json') ? jsonOrNone(bodyJson(body)) : undefined,
    }),
  };
};

/** A response as what the endpoint said, with its body unpacked. */
export const answerOf = (response: HttpResponse, maxBodyBytes: number, measures: Measures): Answer => {
  const decoded = decodeBody(response.body, response.contentEncoding, maxBodyBytes);
  return decoded.kind === 'failed'
    ? failed(measures, decoded.failure)
    : answered(response, decoded.body, measures);
};
