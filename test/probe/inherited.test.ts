import { expect, test } from '@jest/globals';
import { inherited } from '../../lib/probe/exec/inherited.ts';
import { nodeEnvironment } from '../bench/harness/start-command.ts';

test('programs of the user inherit neither secrets nor how npm start runs Node', () => {
  const given = { PATH: '/bin', PEREGRINE_SECRET: 'y', MALLOC_ARENA_MAX: '1' };
  expect(Object.keys(nodeEnvironment)).toContain('NODE_COMPILE_CACHE');
  expect(inherited({ ...nodeEnvironment, PEREGRINE_SECRET_A: 'x', ...given })).toEqual(given);
});
