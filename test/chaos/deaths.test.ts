import { testShortForms } from './short-forms.ts';

testShortForms(
  'kill',
  'streak',
  'orphans',
  'npm',
  'restart',
  'disk-full',
  'data-folder',
  'two-monitors',
  'damage',
);
