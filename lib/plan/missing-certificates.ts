import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../domain/config.ts';
import type { PlanProblem } from './problems.ts';

const contentsOf = (file: string): 'certificates' | 'other' | 'unreadable' => {
  try {
    // What is no file, such as a pipe, might never end.
    if (!statSync(file).isFile()) return 'other';
    return readFileSync(file, 'latin1').includes('BEGIN CERTIFICATE') ? 'certificates' : 'other';
  } catch {
    return 'unreadable';
  }
};

/** Files of certificates go along with a deployment. */
export const missingCertificates = ({ endpoints }: Config): readonly PlanProblem[] =>
  endpoints.flatMap(({ check, source }): readonly PlanProblem[] => {
    if (!('tls' in check) || check.tls.caFile === null) return [];
    const { caFile } = check.tls;
    switch (contentsOf(caFile)) {
      case 'other':
        return [
          {
            source,
            message: `ca_file ${caFile} is not a file of certificates`,
            fix: 'Name a PEM file, with -----BEGIN CERTIFICATE----- in it',
          },
        ];
      case 'unreadable':
        return [
          {
            source,
            message: `ca_file ${caFile} cannot be read, and it is to go along`,
            fix: 'Correct the path',
          },
        ];
      default:
        return [];
    }
  });
