import { testShortForms } from './short-forms.ts';

testShortForms('kill', 'restart', 'streak', 'orphans', 'npm');
