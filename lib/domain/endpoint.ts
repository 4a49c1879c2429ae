import type { Scalar } from './json.ts';
import type { Rule, RuleId } from './rule.ts';
import type { TargetName } from './target-name.ts';

declare const brand: unique symbol;
/** Lower case, `a-z0-9` joined by single dashes. An endpoint's rule has the same id. */
export type EndpointId = RuleId & { readonly [brand]: 'EndpointId' };

/** One thing to check, compiled from YAML: plain JSON, every default resolved. */
export type Endpoint = {
  readonly id: EndpointId;
  readonly name: string;
  /** Where it is defined, for messages: `shop.yml:14`. */
  readonly source: string;
  readonly status: 'enabled' | 'disabled' | 'always-fail' | 'always-success';
  readonly schedule: Schedule;
  readonly startDelayMs: number;
  readonly timeoutMs: number;
  /** Stop after so many runs; 0 is never. */
  readonly runs: number;
  readonly check: Check;
  /** Dotted paths into the JSON answer; each becomes an event and a {placeholder}. */
  readonly jsonValues: readonly string[];
  /** All must hold. Empty: the scheme's own criterion. */
  readonly successTests: readonly SuccessTest[];
  readonly rule: Rule;
  readonly targets: readonly TargetName[];
};

export type Schedule =
  | { readonly kind: 'interval'; readonly everyMs: number; readonly failEveryMs: number }
  | {
      readonly kind: 'cron';
      readonly expression: string;
      readonly timezone: string;
      /** null: the expression holds while failing too. */
      readonly failEveryMs: number | null;
    };

export type SuccessTest =
  | { readonly kind: 'equals'; readonly key: string; readonly value: Scalar }
  | { readonly kind: 'cel'; readonly expression: string };

export type Check = HttpCheck | TcpCheck | TlsCheck | DnsCheck | ExecCheck | SelfCheck;
export type Scheme = Check['scheme'];

export type TlsOptions = {
  readonly verify: boolean;
  readonly servername: string | null;
  readonly caFile: string | null;
};

export type HttpCheck = {
  readonly scheme: 'http' | 'https';
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | null;
  readonly followRedirects: number;
  readonly basicAuth: { readonly username: string; readonly passwordSecret: string } | null;
  readonly bearerSecret: string | null;
  readonly maxBodyBytes: number;
  readonly freshConnection: boolean;
  readonly tls: TlsOptions;
};

export type TcpCheck = {
  readonly scheme: 'tcp';
  readonly host: string;
  readonly port: number;
  readonly send: string | null;
  /** Regular expression that the answer must match. */
  readonly expectBanner: string | null;
};

export type TlsCheck = Omit<TcpCheck, 'scheme'> & {
  readonly scheme: 'tls';
  /** A whole handshake for each check instead of a resumed session. */
  readonly freshConnection: boolean;
  readonly tls: TlsOptions;
};

export type DnsCheck = {
  readonly scheme: 'dns';
  /** The name to look up. */
  readonly host: string;
  readonly recordType: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'TXT' | 'SRV' | 'SOA';
  /** `ip:port`, or the system's resolvers. */
  readonly resolver: string | null;
};

export type ExecCheck = {
  readonly scheme: 'exec';
  readonly command:
    | { readonly kind: 'program'; readonly program: string; readonly arguments: readonly string[] }
    | { readonly kind: 'shell'; readonly line: string };
  /** SIGINT to the process group, from the start of the check. */
  readonly interruptAfterMs: number;
  /** SIGKILL to the process group, from the start of the check. */
  readonly killAfterMs: number;
};

/** The monitor itself, under the id `self`. */
export type SelfCheck = { readonly scheme: 'self' };
