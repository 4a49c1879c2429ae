import { expect, test } from '@jest/globals';
import { inherited } from '../../lib/probe/inherited.ts';

test('programs of the user inherit neither secrets nor how npm start runs Node', () => {
  const given = { PATH: '/bin', PEREGRINE_SECRET: 'y' };
  const forMalloc = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };
  const ours = { PEREGRINE_SECRET_A: 'x', NODE_COMPILE_CACHE: 'node_modules/.cache/peregrine', ...forMalloc };
  expect(inherited({ ...given, ...ours })).toEqual(given);
});
