import { readFile, writeFile } from 'node:fs/promises';
import { editorSchema } from '../config/schema/file-schema.ts';
import { fillReference } from '../config/schema/reference.ts';
import { runCommand } from './arguments.ts';

const REFERENCE = 'docs/endpoint-format.md';
const EDITOR_SCHEMA = 'endpoints/schema.json';

const help = `
Writes what is generated from the one definition of the format in lib/config:
  ${EDITOR_SCHEMA}      for editors
  ${REFERENCE}   its tables

Usage: npm run schema
`;

await runCommand({ name: 'npm run schema', help, options: {}, maxPositionals: 0 }, async () => {
  await writeFile(EDITOR_SCHEMA, `${JSON.stringify(editorSchema(), null, 2)}\n`);
  await writeFile(REFERENCE, fillReference(await readFile(REFERENCE, 'utf8')));
  return 0;
});
