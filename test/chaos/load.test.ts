import { testShortForms } from './short-forms.ts';

/** What takes the machine for itself is alone in its file. */
testShortForms('overload');
