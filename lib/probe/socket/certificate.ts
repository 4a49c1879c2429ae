import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { Failure } from '../answer/answer.ts';
import { excerpt } from '../answer/text.ts';

const DAY_MS = 86_400_000;

/** Epoch ms. A certificate may hold a date that is none. */
export const expiryOf = (certificate: X509Certificate | undefined): number | null => {
  const atMs = certificate?.validToDate.getTime() ?? Number.NaN;
  return Number.isNaN(atMs) ? null : atMs;
};

export const daysLeft = (expiresAtMs: number | null, clock: Clock): number | null =>
  expiresAtMs === null ? null : (expiresAtMs - clock.nowMs()) / DAY_MS;

const day = (date: Date | undefined): string =>
  date === undefined || Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);

const UNKNOWN_AUTHORITY =
  'certificate is signed by an authority that is not trusted here. If it is yours, name it in ca_file';

/** Why a certificate is not accepted for `host`; `code` is OpenSSL's or Node's. */
export const certificateFailure = (
  certificate: X509Certificate | undefined,
  code: string,
  host: string,
): Failure => {
  const text = (): string => {
    switch (code) {
      case 'CERT_HAS_EXPIRED':
        return `certificate expired on ${day(certificate?.validToDate)}`;
      case 'CERT_NOT_YET_VALID':
        return `certificate is not valid before ${day(certificate?.validFromDate)}`;
      case 'ERR_TLS_CERT_ALTNAME_INVALID':
        return `certificate is for ${excerpt(certificate?.subjectAltName ?? certificate?.subject ?? 'nobody')}, not for ${host}`;
      case 'DEPTH_ZERO_SELF_SIGNED_CERT':
        return 'certificate is self-signed. If it is yours, name it in ca_file';
      case 'SELF_SIGNED_CERT_IN_CHAIN':
      case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      case 'UNABLE_TO_GET_ISSUER_CERT':
      case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
        return UNKNOWN_AUTHORITY;
      default:
        return `certificate is not accepted (${code})`;
    }
  };
  return { reason: 'tls', error: text() };
};
