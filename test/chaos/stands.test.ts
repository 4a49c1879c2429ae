import { testShortForms } from './short-forms.ts';

testShortForms('stop', 'clock', 'receiver', 'flood', 'hostile', 'network');
