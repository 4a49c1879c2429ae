import { expect, test } from '@jest/globals';
import { compile } from '../../lib/config/compile.ts';
import { readBytes } from '../../lib/config/read.ts';
import { atOnce, inTurns, type Resumable } from '../../lib/config/resolve/resumable.ts';

function* letters(log: string[]): Resumable<string> {
  for (const letter of ['a', 'b', 'c']) {
    log.push(letter);
    yield;
  }
  return 'done';
}

test('in turns, whatever waits goes first after each step', async () => {
  const log: string[] = [];
  const other = () => {
    log.push('other');
    if (log.length < 6) setImmediate(other);
  };
  setImmediate(other);
  expect(await inTurns(letters(log))).toBe('done');
  expect(log).toEqual(['a', 'other', 'b', 'other', 'c', 'other']);
});

test('at once, nothing else runs', () => {
  const log: string[] = [];
  expect(atOnce(letters(log))).toBe('done');
  expect(log).toEqual(['a', 'b', 'c']);
});

test('files are put together in resumable of one file', () => {
  const stepsOf = (files: number) => {
    const sources = Array.from({ length: files }, (_, n) => {
      const text = `e${n}.example.com:\n`;
      return { file: `${n}.yml`, text: () => text, read: readBytes(`${n}.yml`, Buffer.from(text)) };
    });
    return [...compile(sources, new Map())].length;
  };
  // Its defaults resolved; its endpoints, its targets and its self by name; its names looked up; taken over.
  expect(stepsOf(20) - stepsOf(10)).toBe(10 * 6);
});
