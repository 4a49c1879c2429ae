import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (file: string): string =>
  fileURLToPath(new URL(`../../support/certificates/${file}`, import.meta.url));

export const AUTHORITY_FILE = pathOf('authority.pem');

/** For localhost and 127.0.0.1. */
export const serverCertificate = () => ({
  key: readFileSync(pathOf('test-only.key.pem')),
  cert: readFileSync(pathOf('localhost.pem')),
});
