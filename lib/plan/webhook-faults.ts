import type { ApiKey, Target } from '../domain/target.ts';
import type { Fault } from './fault.ts';

type Webhook = Extract<Target['to'], { readonly kind: 'webhook' }>;

/** What an API destination or its connection would not take. */
export const webhookFaults = (to: Webhook): readonly Fault[] => [
  ...urlFaults(to.url),
  ...keyFaults(to.apiKey),
  ...headerFaults(headerNames(to)),
];

/** Those that an API destination's endpoint may be made of. */
const ENDPOINT = /^(?:%[0-9A-Fa-f]{2}|[-()_.!~';/?:@&=+$,A-Za-z0-9])+$/;

const urlFaults = (url: string): readonly Fault[] => {
  if (!url.startsWith('https://'))
    return [
      { message: `posts to ${url}, and EventBridge calls https only`, fix: 'Write an https:// address' },
    ];
  if (!ENDPOINT.test(url))
    return [
      {
        message: `posts to ${url}, and EventBridge takes only ASCII letters, digits and -()_.!~';/?:@&=+$, in an address`,
        fix: 'Write the others as %-escapes, and leave out what follows "#"',
      },
    ];
  return [];
};

const keyFaults = (apiKey: ApiKey | null): readonly Fault[] =>
  apiKey?.key.kind === 'value'
    ? [
        {
          message: 'has its key in param_value, and it would stand readable in the template',
          fix: 'Put the key into a secret and write its name in param_secret',
        },
      ]
    : [];

/** EventBridge takes them out of a request (EventBridge user guide: API destinations), most to set its own. */
const TAKEN = new Set([
  'a-im',
  'accept-charset',
  'accept-datetime',
  'accept-encoding',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'forwarded',
  'from',
  'host',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'max-forwards',
  'origin',
  'pragma',
  'proxy-authorization',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'warning',
]);

const headerNames = ({ headers, apiKey }: Webhook): readonly string[] =>
  apiKey?.in === 'header' ? [apiKey.name, ...Object.keys(headers)] : Object.keys(headers);

const headerFaults = (names: readonly string[]): readonly Fault[] =>
  names.flatMap((name): readonly Fault[] => {
    if (TAKEN.has(name.toLowerCase()))
      return [
        {
          message: `has the header "${name}", which EventBridge sets itself or leaves out`,
          fix: 'Remove it',
        },
      ];
    // The name is also part of a JSON path.
    if (!/^[\w-]+$/.test(name))
      return [
        {
          message: `has the header "${name}", which EventBridge cannot fill in`,
          fix: 'Use letters, digits, "-" and "_"',
        },
      ];
    return [];
  });
