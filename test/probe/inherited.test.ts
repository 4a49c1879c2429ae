import { expect, test } from '@jest/globals';
import { inherited } from '../../lib/probe/inherited.ts';

test('programs of the user inherit neither secrets nor where compiled code is kept', () => {
  const given = { PATH: '/bin', PEREGRINE_SECRET: 'y' };
  const ours = { PEREGRINE_SECRET_A: 'x', NODE_COMPILE_CACHE: 'node_modules/.cache/peregrine' };
  expect(inherited({ ...given, ...ours })).toEqual(given);
});
