import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { editorSchema } from '../../lib/config/schema/file-schema.ts';
import { fillReference } from '../../lib/config/schema/reference.ts';

test('the schema for editors is that of the code: else run `npm run schema`', () => {
  expect(JSON.parse(readFileSync('endpoints/schema.json', 'utf8'))).toEqual(editorSchema());
});

test('the tables of the reference are those of the code: else run `npm run schema`', () => {
  const text = readFileSync('docs/endpoint-format.md', 'utf8');
  expect(text).toBe(fillReference(text));
});

test('every place for a generated table is filled', () => {
  const text = readFileSync('docs/endpoint-format.md', 'utf8');
  for (const name of ['endpoint-keys', 'target-keys', 'variables', 'placeholders'])
    expect(text).toMatch(new RegExp(`<!-- generated: ${name} -->\\n.{20,}`));
});
