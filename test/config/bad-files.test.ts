import { expect, test } from '@jest/globals';
import { formatProblem } from '../../lib/config/problem/problem.ts';
import { badFiles } from './bad-files.ts';
import { compileFiles } from './compiled.ts';

test.each(badFiles)('$name', ({ text, says }) => {
  const { problems } = compileFiles({ 'shop.yml': text });
  expect(problems.map(formatProblem)).toEqual(says.map(line => `shop.yml:${line}`));
});

test('a file with an error has no endpoint left; with warnings and notes it has all', () => {
  for (const { text } of badFiles) {
    const { config, invalidFiles, problems } = compileFiles({ 'shop.yml': text });
    const isInvalid = problems.some(({ severity }) => severity === 'error');
    expect(invalidFiles).toEqual(isInvalid ? ['shop.yml'] : []);
    if (isInvalid) expect(config.endpoints.map(({ id }) => id)).toEqual(['self']);
  }
});

test.each([
  ...['url', 'headers', 'basic_auth', 'bearer_secret'].map(key => `shop:\n  ${key}: `),
  ...['post_endpoint', 'post_headers', 'post_api_key', 'queue_url'].map(
    key => `targets:\n  ops:\n    ${key}: `,
  ),
])('what may be a secret is not repeated: %j', start => {
  const { problems } = compileFiles({ 'shop.yml': `${start}Hunter_2\n` });
  expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  expect(JSON.stringify(problems)).not.toContain('Hunter_2');
});

test.each([
  ...['url', 'body', 'bearer_secret', 'send'].map(key => `shop:\n  ${key}: `),
  ...['post_endpoint', 'queue_url'].map(key => `targets:\n  ops:\n    ${key}: `),
  'shop:\n  basic_auth:\n    username: me\n    password_secret: ',
])('a secret of digits is not repeated either: %j', start => {
  const { problems } = compileFiles({ 'shop.yml': `${start}4815162342\n` });
  expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  expect(JSON.stringify(problems)).not.toContain('4815162342');
});

test('no message repeats a secret', () => {
  for (const { text } of badFiles)
    for (const secret of ['hunter2', 'SK_live_1234', 'AKIAEXAMPLE'])
      expect(JSON.stringify(compileFiles({ 'shop.yml': text }).problems)).not.toContain(secret);
});
