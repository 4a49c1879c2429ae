import { expect, test } from '@jest/globals';
import { formatProblem } from '../../lib/config/problem.ts';
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

test('no message repeats a secret', () => {
  for (const { text } of badFiles)
    for (const secret of ['hunter2', 'SK_live_1234', 'AKIAEXAMPLE'])
      expect(JSON.stringify(compileFiles({ 'shop.yml': text }).problems)).not.toContain(secret);
});
