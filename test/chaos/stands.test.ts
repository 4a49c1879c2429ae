import { testShortForms } from './short-forms.ts';

testShortForms('stop', 'clock', 'receiver', 'hostile', 'network');
