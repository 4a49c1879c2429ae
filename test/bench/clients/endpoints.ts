import type { Check, Endpoint, EndpointId } from '../../../lib/domain/endpoint.ts';

/** Loopback is all of 127.0.0.0/8. */
export const addressOf = (at: number): string =>
  `127.${1 + ((at >> 16) & 127)}.${(at >> 8) & 255}.${at & 255}`;

const atAddress = (check: Check, address: string): Check => {
  switch (check.scheme) {
    case 'http':
    case 'https': {
      const url = new URL(check.url);
      url.hostname = address;
      return { ...check, url: url.href };
    }
    case 'tcp':
    case 'tls':
      return { ...check, host: address };
    case 'dns':
    case 'exec':
    case 'self':
      return check;
    default:
      return check satisfies never;
  }
};

/** `at`: which of them it is. */
export type OneOfMany = Endpoint & { readonly at: number };

/** Endpoints that differ in id, and where wanted in address. */
export const manyOf = (params: {
  readonly template: Endpoint;
  readonly count: number;
  readonly everyMs: number;
  readonly distinct: boolean;
}): readonly OneOfMany[] => {
  const { template, count, everyMs, distinct } = params;
  return Array.from({ length: count }, (_, at) => {
    const id = `${template.id}-${at}` as EndpointId;
    return {
      ...template,
      at,
      id,
      schedule: { kind: 'interval', everyMs, failEveryMs: everyMs },
      check: distinct ? atAddress(template.check, addressOf(at + 1)) : { ...template.check },
      rule: { ...template.rule, id },
    };
  });
};
