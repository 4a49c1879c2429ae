import { testShortForms } from './short-forms.ts';

testShortForms('disk-full', 'data-folder', 'two-monitors', 'damage');
