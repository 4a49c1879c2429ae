import { budget } from './budget.ts';

/** Characters × instructions that are surely searched within 10 ms: at worst, one takes 40 ns. */
const SURELY_QUICK = 250_000;
/** As many between two looks at the budget, 1 ms at worst. */
const BETWEEN_LOOKS = 25_000;

type Text = Pick<string, 'length' | 'charCodeAt' | 'indexOf'>;

/** A text that looks at the budget while it is read. What is searched quickly whatever it holds is the text itself. The
 *  engine reads it by these three alone (a test holds it to that). */
export const budgetedText = (text: string, instructions: number, step: () => string): string => {
  if (text.length * instructions <= SURELY_QUICK) return text;
  const every = Math.max(1, Math.floor(BETWEEN_LOOKS / instructions));
  let left = every;
  const budgeted: Text & { readonly [Symbol.toStringTag]: string } = {
    // By this the engine takes it for a string.
    [Symbol.toStringTag]: 'String',
    length: text.length,
    charCodeAt: at => {
      if (--left === 0) {
        left = every;
        budget.spend(step);
      }
      return text.charCodeAt(at);
    },
    indexOf: (part, from) => text.indexOf(part, from),
  };
  return budgeted as Text as string;
};
