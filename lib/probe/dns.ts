import { Resolver } from 'node:dns/promises';
import type { Clock } from '../domain/clock.ts';
import type { DnsCheck } from '../domain/endpoint.ts';
import { type Answer, type Ask, askWith, type Failure, failed, measured, noJson } from './answer/answer.ts';
import { codeOf, duration, messageOf } from './answer/text.ts';

/** UDP loses packets: c-ares asks again after 1 s, then later and later, for as long as the check lasts. */
const FIRST_RETRY_MS = 1000;
const TRIES = 6;

/** Each record as one string, its fields in the order of a zone file. */
const resolveText = async (
  resolver: Resolver,
  { host, recordType }: DnsCheck,
): Promise<readonly string[]> => {
  switch (recordType) {
    case 'A':
      return resolver.resolve4(host);
    case 'AAAA':
      return resolver.resolve6(host);
    case 'CNAME':
      return resolver.resolveCname(host);
    case 'NS':
      return resolver.resolveNs(host);
    case 'MX':
      return (await resolver.resolveMx(host)).map(mx => `${mx.priority} ${mx.exchange}`);
    case 'TXT':
      return (await resolver.resolveTxt(host)).map(chunks => chunks.join(''));
    case 'SRV':
      return (await resolver.resolveSrv(host)).map(
        srv => `${srv.priority} ${srv.weight} ${srv.port} ${srv.name}`,
      );
    case 'SOA': {
      const soa = await resolver.resolveSoa(host);
      return [
        `${soa.nsname} ${soa.hostmaster} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minttl}`,
      ];
    }
    default:
      return recordType satisfies never;
  }
};

const failureOf = (error: unknown, { host, recordType, resolver }: DnsCheck): Failure => {
  const server = resolver === null ? 'the system resolver' : `resolver ${resolver}`;
  const text = (): string => {
    switch (codeOf(error)) {
      case 'ENOTFOUND':
        return `no such host "${host}"`;
      case 'ENODATA':
        return `"${host}" has no ${recordType} record`;
      case 'ESERVFAIL':
        return `${server} failed to look up "${host}" (SERVFAIL)`;
      case 'EREFUSED':
        return `${server} refused to look up "${host}"`;
      case 'ECONNREFUSED':
        return `${server} cannot be reached`;
      case 'ETIMEOUT':
        return `${server} did not answer`;
      case 'EBADRESP':
        return `${server} sent an answer that is not valid DNS`;
      default:
        return `${server}: ${messageOf(error)}`;
    }
  };
  return { reason: 'dns', error: text() };
};

const answered = (latencyMs: number, records: readonly string[]): Answer => ({
  kind: 'answered',
  measures: measured(latencyMs),
  shortfall: null,
  json: () => noJson,
  variables: () => ({ latency_ms: latencyMs, records }),
});

export const askDns = ({ clock }: { readonly clock: Clock }): Ask<DnsCheck> =>
  askWith(async ({ check }, signal) => {
    const startedAtMs = clock.monotonicMs();
    // A new one each time: it reads the system's configuration, and keeps no answers.
    const resolver = new Resolver({ timeout: FIRST_RETRY_MS, tries: TRIES });
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel);
    try {
      if (check.resolver !== null) resolver.setServers([check.resolver]);
      const resolving = resolveText(resolver, check);
      if (signal.aborted) cancel();
      const records = await resolving;
      // Servers rotate the order; sorted, a test can compare.
      return answered(clock.monotonicMs() - startedAtMs, [...records].sort());
    } catch (error) {
      const latencyMs = clock.monotonicMs() - startedAtMs;
      if (!signal.aborted) return failed(measured(latencyMs), failureOf(error, check));
      const text = `no answer for "${check.host}" from ${check.resolver ?? 'the system resolver'} within ${duration(latencyMs)}`;
      return failed(measured(latencyMs), { reason: 'timeout', error: text });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
